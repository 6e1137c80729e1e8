import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A NAT that is open for UDP may be closed for TCP',
  about:
    'UDP from anybody is let in. A SYN from another port is not, even from the same server: the tunnel gets through and its fallback does not.',
  duration: '20s',
  networks: { internet: {}, home: { kind: 'lan', gateway: '192.168.1.1' } },
  nats: {
    router: {
      inside: { home: '192.168.1.1/24' },
      outside: { internet: '203.0.113.77' },
      ports: 'sequential',
      port_class: 'none',
      port_range: [443, 443],
      filtering: 'endpoint-independent',
      tcp: { filtering: 'address-and-port-dependent' },
    },
  },
  hosts: {
    laptop: { interfaces: { home: '192.168.1.10/24' } },
    web: { interfaces: { internet: '198.51.100.9' } },
    other: { interfaces: { internet: '198.51.100.8' } },
  },
  steps: [
    { do: 'tcp', at: '1s', name: 'page', from: 'laptop', to: '198.51.100.9:80', bytes: 2000 },
    { do: 'tcp', at: '5s', name: 'call back', from: 'web', to: '203.0.113.77:443', bytes: 100, deadline: '8s' },
  ],
  expect: [
    { see: 'completed', step: 'page' },
    { see: 'dropped', name: 'not let in', because: 'nat-filtered', at: 'router', count: { min: 1 } },
  ],
  twin: { about: 'TCP as UDP.', changes: [{ path: '/nats/router/tcp/filtering', remove: true }], fails: 'not let in' },
} satisfies Scenario
