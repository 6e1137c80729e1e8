import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A NAT that claims a smaller size than fits makes all that follows smaller than it must be',
  about:
    'The line takes 1400 bytes and the NAT says 600. TCP gets slower by it, and still arrives; datagrams that must not be cut do not.',
  duration: '20s',
  networks: { internet: {}, home: { kind: 'lan', gateway: '192.168.1.1' } },
  nats: {
    router: {
      inside: { home: '192.168.1.1/24' },
      outside: { internet: { address: '203.0.113.77', up: { mtu: 1400 } } },
      claims_mtu: 600,
    },
  },
  hosts: {
    laptop: { interfaces: { home: '192.168.1.10/24' } },
    web: { interfaces: { internet: '198.51.100.9' } },
    other: { interfaces: { internet: '198.51.100.8' } },
  },
  steps: [
    { do: 'send', at: '1s', name: 'large', from: 'laptop', to: '198.51.100.9:9', size: 1440, df: true, count: 4 },
    { do: 'send', at: '8s', name: 'fits', from: 'laptop', to: '198.51.100.9:9', size: 1300, df: true },
  ],
  expect: [{ see: 'lost', name: 'believed', step: 'fits' }],
  twin: { about: 'The true size.', changes: [{ path: '/nats/router/claims_mtu', remove: true }], fails: 'believed' },
} satisfies Scenario
