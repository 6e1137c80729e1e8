import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A NAT that waits one second for the rest of a packet is too impatient for a slow line',
  about: 'The second piece is sent two seconds after the first.',
  duration: '60s',
  networks: { internet: {}, home: { kind: 'lan', gateway: '192.168.1.1' } },
  nats: {
    router: { inside: { home: '192.168.1.1/24' }, outside: { internet: '203.0.113.77' }, fragment_timeout: '500ms' },
  },
  hosts: {
    laptop: { interfaces: { home: { address: '192.168.1.10/24', up: { mtu: 900, rate: '8kbit' } } } },
    web: { interfaces: { internet: '198.51.100.9' } },
  },
  steps: [{ do: 'send', at: '1s', name: 'large', from: 'laptop', to: '198.51.100.9:9', size: 1600 }],
  expect: [{ see: 'lost', name: 'too impatient', step: 'large' }],
  twin: {
    about: 'Thirty seconds.',
    changes: [{ path: '/nats/router/fragment_timeout', remove: true }],
    fails: 'too impatient',
  },
} satisfies Scenario
