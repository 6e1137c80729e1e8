import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A mapping that nobody answers dies long before one that is answered',
  about:
    'The laptop sends one datagram to a port that stays silent. Forty seconds later it is forgotten, though idle flows live for two minutes here.',
  duration: '70s',
  networks: { internet: {}, home: { kind: 'lan', gateway: '192.168.1.1' } },
  nats: {
    router: {
      inside: { home: '192.168.1.1/24' },
      outside: { internet: '203.0.113.77' },
      filtering: 'endpoint-independent',
      ports: 'sequential',
      timeout: '120s',
      timeout_unreplied: '30s',
      filter_timeout: 'none',
    },
  },
  hosts: { laptop: { interfaces: { home: '192.168.1.10/24' } }, friend: { interfaces: { internet: '198.51.100.9' } } },
  steps: [
    { do: 'send', at: '1s', name: 'first', from: 'laptop', to: '198.51.100.9:9' },
    { do: 'send', at: '2s', name: 'second', from: 'laptop', to: '198.51.100.9:9' },
    { do: 'send', at: '42s', name: 'knock', from: 'friend', to: '203.0.113.77:1025' },
  ],
  expect: [{ see: 'dropped', name: 'forgotten', because: 'nat-mapping-expired', at: 'router', count: 1 }],
  twin: {
    about: 'All idle flows live alike.',
    changes: [{ path: '/nats/router/timeout_unreplied', remove: true }],
    fails: 'forgotten',
  },
} satisfies Scenario
