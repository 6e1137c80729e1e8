import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A NAT that does not count is a hop that traceroute never sees',
  about: 'The second hop is already the internet, the third the server.',
  duration: '20s',
  networks: { internet: {}, home: { kind: 'lan', gateway: '192.168.1.1' } },
  nats: { router: { inside: { home: '192.168.1.1/24' }, outside: { internet: '203.0.113.77' }, ttl: 'keep' } },
  hosts: {
    laptop: { interfaces: { home: '192.168.1.10/24' } },
    web: { interfaces: { internet: '198.51.100.9' } },
    other: { interfaces: { internet: '198.51.100.8' } },
  },
  steps: [{ do: 'send', at: '1s', name: 'two hops', from: 'laptop', to: '198.51.100.9:9', ttl: 2 }],
  expect: [{ see: 'delivered', name: 'it is not counted', step: 'two hops' }],
  twin: { about: 'It counts.', changes: [{ path: '/nats/router/ttl', remove: true }], fails: 'it is not counted' },
} satisfies Scenario
