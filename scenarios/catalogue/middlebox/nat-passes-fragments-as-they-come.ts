import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A NAT that passes fragments one by one carries the rest of a packet that lost a piece',
  about:
    'The second of four pieces is lost on the way to it. The others go on, and wait in vain at the server; a NAT that puts packets together would have kept them.',
  duration: '50s',
  networks: { internet: {}, home: { kind: 'lan', gateway: '192.168.1.1' } },
  nats: {
    router: { inside: { home: '192.168.1.1/24' }, outside: { internet: '203.0.113.77' }, fragment_order: 'any' },
  },
  hosts: {
    laptop: { interfaces: { home: { address: '192.168.1.10/24', up: { mtu: 900, lose: [{ nth: [2] }] } } } },
    web: { interfaces: { internet: '198.51.100.9' } },
  },
  steps: [{ do: 'send', at: '1s', name: 'large', from: 'laptop', to: '198.51.100.9:9', size: 3000 }],
  expect: [
    { see: 'lost', step: 'large' },
    { see: 'received', name: 'as they came', host: 'web', what: 'fragment', count: 3 },
  ],
  twin: {
    about: 'Put together, and cut again.',
    changes: [{ path: '/nats/router/fragment_order', remove: true }],
    fails: 'as they came',
  },
} satisfies Scenario
