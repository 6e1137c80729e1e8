import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A permission that only the inside renews, in a NAT whose mappings live by both',
  about:
    'The server sends every five seconds, which keeps the mapping. It does not keep the permission: after twenty seconds the server is shut out.',
  duration: '60s',
  networks: { internet: {}, home: { kind: 'lan', gateway: '192.168.1.1' } },
  nats: {
    router: {
      inside: { home: '192.168.1.1/24' },
      outside: { internet: '203.0.113.77' },
      ports: 'sequential',
      timeout: '5m',
      refresh: 'both',
      filter_timeout: '20s',
      filter_refresh: 'outbound',
      filtering: 'address-dependent',
    },
  },
  hosts: { laptop: { interfaces: { home: '192.168.1.10/24' } }, friend: { interfaces: { internet: '198.51.100.9' } } },
  steps: [
    { do: 'send', at: '1s', name: 'open', from: 'laptop', to: '198.51.100.9:9' },
    { do: 'send', at: '5s', name: 'news', from: 'friend', to: '203.0.113.77:1024', count: 9, interval: '5s' },
  ],
  expect: [{ see: 'dropped', name: 'shut out', because: 'nat-filtered', at: 'router', count: { min: 4 } }],
  twin: {
    about: 'Both renew it.',
    changes: [{ path: '/nats/router/filter_refresh', remove: true }],
    fails: 'shut out',
  },
} satisfies Scenario
