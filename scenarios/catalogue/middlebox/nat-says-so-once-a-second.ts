import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A NAT that says one thing a second leaves most senders in the dark',
  about: 'Five hundred datagrams are too large within a second.',
  duration: '20s',
  networks: { internet: {}, home: { kind: 'lan', gateway: '192.168.1.1' } },
  nats: { router: { inside: { home: '192.168.1.1/24' }, outside: { internet: '203.0.113.77' }, errors_per_s: 1 } },
  hosts: {
    laptop: { interfaces: { home: '192.168.1.10/24' } },
    web: { interfaces: { internet: '198.51.100.9' } },
    other: { interfaces: { internet: '198.51.100.8' } },
  },
  steps: [
    { do: 'send', at: '1s', name: 'gone', from: 'laptop', to: '198.51.100.9:9', count: 5, interval: '10ms', ttl: 1 },
  ],
  expect: [
    { see: 'received', name: 'one answer at most', host: 'laptop', what: 'icmp-time-exceeded', count: { max: 1 } },
  ],
  twin: {
    about: 'It answers each.',
    changes: [{ path: '/nats/router/errors_per_s', remove: true }],
    fails: 'one answer at most',
  },
} satisfies Scenario
