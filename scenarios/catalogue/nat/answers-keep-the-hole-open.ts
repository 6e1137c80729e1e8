import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'What keeps a permission open is for the NAT to say: here the answers do',
  about:
    'The laptop sends once, and the server sends every ten seconds. The mapping lives by the laptop alone, the permission by both.',
  duration: '2m',
  networks: { internet: {}, home: { kind: 'lan', gateway: '192.168.1.1' } },
  nats: {
    router: {
      inside: { home: '192.168.1.1/24' },
      outside: { internet: '203.0.113.77' },
      ports: 'sequential',
      timeout: '5m',
      filtering: 'address-dependent',
      filter_timeout: '25s',
      filter_refresh: 'both',
    },
  },
  hosts: { laptop: { interfaces: { home: '192.168.1.10/24' } }, friend: { interfaces: { internet: '198.51.100.9' } } },
  steps: [
    { do: 'send', at: '1s', name: 'open', from: 'laptop', to: '198.51.100.9:7' },
    { do: 'send', at: '2s', name: 'news', from: 'friend', to: '203.0.113.77:1024', count: 8, interval: '10s' },
  ],
  expect: [{ see: 'dropped', name: 'the filter is open', because: 'nat-filtered', at: 'router', count: 0 }],
  twin: {
    about: 'Only what goes out renews the permission.',
    changes: [{ path: '/nats/router/filter_refresh', remove: true }],
    fails: 'the filter is open',
  },
} satisfies Scenario
