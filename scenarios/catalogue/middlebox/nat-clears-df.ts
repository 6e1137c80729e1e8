import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A NAT that clears DF lets pass what should have been refused',
  about: 'As pf does where "no-df" is set. What the laptop wanted to hear it never hears.',
  duration: '20s',
  networks: { internet: {}, home: { kind: 'lan', gateway: '192.168.1.1' } },
  nats: {
    router: {
      inside: { home: '192.168.1.1/24' },
      outside: { internet: { address: '203.0.113.77', up: { mtu: 1400 } } },
      too_big: 'clear-df',
    },
  },
  hosts: {
    laptop: { interfaces: { home: '192.168.1.10/24' } },
    web: { interfaces: { internet: '198.51.100.9' } },
    other: { interfaces: { internet: '198.51.100.8' } },
  },
  steps: [
    { do: 'send', at: '1s', name: 'large', from: 'laptop', to: '198.51.100.9:9', size: 1440, df: true, count: 4 },
  ],
  expect: [
    { see: 'delivered', name: 'cut and carried', step: 'large' },
    { see: 'received', host: 'laptop', what: 'icmp-too-big', count: 0 },
  ],
  twin: {
    about: 'DF is honoured.',
    changes: [{ path: '/nats/router/too_big', remove: true }],
    fails: 'cut and carried',
  },
} satisfies Scenario
