import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'Two connections to one server need two outer ports where TCP is mapped for each server',
  about:
    'For UDP this NAT shares its one port between the ports of a server. A TCP connection takes it for the whole server.',
  duration: '20s',
  networks: { internet: {}, home: { kind: 'lan', gateway: '192.168.1.1' } },
  nats: {
    router: {
      inside: { home: '192.168.1.1/24' },
      outside: { internet: '203.0.113.77' },
      ports: 'sequential',
      port_class: 'none',
      port_range: [443, 443],
      mapping: 'address-and-port-dependent',
      sharing: 'by-remote',
      tcp: { mapping: 'address-dependent' },
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
    { see: 'dropped', name: 'no room', because: 'nat-exhausted', at: 'router', count: { min: 1 } },
  ],
  twin: { about: 'TCP as UDP.', changes: [{ path: '/nats/router/tcp/mapping', remove: true }], fails: 'no room' },
} satisfies Scenario
