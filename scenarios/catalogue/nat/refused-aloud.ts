import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A NAT that says so when it has no room spares the program a long wait',
  about:
    'The third flow of the laptop is over its limit. A TCP connection is told at once, instead of trying for minutes.',
  duration: '60s',
  networks: { internet: {}, home: { kind: 'lan', gateway: '192.168.1.1' } },
  nats: {
    router: {
      inside: { home: '192.168.1.1/24' },
      outside: { internet: '203.0.113.77' },
      max_per_host: 2,
      refusal: 'icmp',
    },
  },
  hosts: { laptop: { interfaces: { home: '192.168.1.10/24' } }, web: { interfaces: { internet: '198.51.100.9' } } },
  steps: [
    { do: 'send', at: '1s', name: 'one', from: 'laptop', to: '198.51.100.9:9' },
    { do: 'send', at: '2s', name: 'two', from: 'laptop', to: '198.51.100.9:9' },
    { do: 'send', at: '3s', name: 'page', from: 'laptop', to: '198.51.100.9:9' },
  ],
  expect: [
    { see: 'received', name: 'told at once', host: 'laptop', what: 'icmp-unreachable', count: 1 },
    { see: 'dropped', because: 'nat-host-limit', at: 'router', count: 1 },
  ],
  twin: {
    about: 'Refused in silence.',
    changes: [{ path: '/nats/router/refusal', remove: true }],
    fails: 'told at once',
  },
} satisfies Scenario
