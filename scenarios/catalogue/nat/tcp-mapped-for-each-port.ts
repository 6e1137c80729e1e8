import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'One outer port is enough for two connections to one server where each port of it is told apart',
  about: 'This NAT has one outer port. UDP is mapped for each server, TCP for each port of a server.',
  duration: '20s',
  networks: { internet: {}, home: { kind: 'lan', gateway: '192.168.1.1' } },
  nats: {
    router: {
      inside: { home: '192.168.1.1/24' },
      outside: { internet: '203.0.113.77' },
      ports: 'sequential',
      port_class: 'none',
      port_range: [443, 443],
      mapping: 'address-dependent',
      sharing: 'by-remote',
      tcp: { mapping: 'address-and-port-dependent' },
    },
  },
  hosts: {
    laptop: { interfaces: { home: '192.168.1.10/24' } },
    web: { interfaces: { internet: '198.51.100.9' } },
    other: { interfaces: { internet: '198.51.100.8' } },
  },
  steps: [
    { do: 'tcp', at: '1s', name: 'first', from: 'laptop', to: '198.51.100.9:80', bytes: 2000 },
    { do: 'tcp', at: '3s', name: 'second', from: 'laptop', to: '198.51.100.9:443', bytes: 2000, deadline: '8s' },
  ],
  expect: [
    { see: 'completed', step: 'first' },
    { see: 'completed', name: 'room for both', step: 'second' },
  ],
  twin: { about: 'TCP as UDP.', changes: [{ path: '/nats/router/tcp/mapping', remove: true }], fails: 'room for both' },
} satisfies Scenario
