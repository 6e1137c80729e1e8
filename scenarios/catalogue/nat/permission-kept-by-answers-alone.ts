import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A permission that lives by answers ends for those who do not answer',
  about:
    'The laptop speaks twice to a friend who is silent; his first word comes ten seconds later and is refused, for only answers would have kept the door open.',
  duration: '40s',
  networks: { internet: {}, home: { kind: 'lan', gateway: '192.168.1.1' } },
  nats: {
    router: {
      inside: { home: '192.168.1.1/24' },
      outside: { internet: '203.0.113.77' },
      ports: 'sequential',
      timeout: '5m',
      filter_timeout: '20s',
      filter_refresh: 'inbound',
      filtering: 'address-dependent',
    },
  },
  hosts: { laptop: { interfaces: { home: '192.168.1.10/24' } }, friend: { interfaces: { internet: '198.51.100.9' } } },
  steps: [
    { do: 'send', at: '1s', name: 'talk', from: 'laptop', to: '198.51.100.9:9', count: 2, interval: '14s' },
    { do: 'send', at: '25s', name: 'first word', from: 'friend', to: '203.0.113.77:1024' },
  ],
  expect: [{ see: 'dropped', name: 'refused', because: 'nat-filtered', at: 'router', count: { min: 1 } }],
  twin: {
    about: 'What goes out renews it too.',
    changes: [{ path: '/nats/router/filter_refresh', remove: true }],
    fails: 'refused',
  },
} satisfies Scenario
