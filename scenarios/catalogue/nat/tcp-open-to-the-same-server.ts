import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A NAT that lets the same server call back over TCP, from another port',
  about:
    'UDP is let in from the very port that was spoken to. A SYN comes through to the laptop, which refuses it: that is an answer, and not silence.',
  duration: '20s',
  networks: { internet: {}, home: { kind: 'lan', gateway: '192.168.1.1' } },
  nats: {
    router: {
      inside: { home: '192.168.1.1/24' },
      outside: { internet: '203.0.113.77' },
      ports: 'sequential',
      port_class: 'none',
      port_range: [443, 443],
      tcp: { filtering: 'address-dependent' },
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
    { see: 'broken', name: 'heard and refused', step: 'call back', because: 'refused' },
  ],
  twin: {
    about: 'TCP as UDP.',
    changes: [{ path: '/nats/router/tcp/filtering', remove: true }],
    fails: 'heard and refused',
  },
} satisfies Scenario
