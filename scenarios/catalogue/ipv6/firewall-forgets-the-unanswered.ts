import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A firewall that has seen no answer yet forgets a flow sooner',
  about: 'The server needs twenty seconds for its answer. Ten is what this firewall gives.',
  duration: '60s',
  networks: { internet: {}, home: { kind: 'lan', gateway: '2001:db8:77:1::1' } },
  nats: {
    router: {
      inside: { home: '2001:db8:77:1::1/64' },
      outside: { internet: '2001:db8:77::1/48' },
      ipv6: { timeout_unreplied: '10s', timeout: '5m' },
    },
  },
  hosts: {
    laptop: { interfaces: { home: '2001:db8:77:1::10/64' } },
    web: { interfaces: { internet: { address: '2001:db8:9::9', down: { delay: '20s' } } } },
  },
  steps: [{ do: 'send', at: '1s', name: 'question', from: 'laptop', to: '[2001:db8:9::9]:7' }],
  expect: [
    { see: 'delivered', step: 'question' },
    { see: 'dropped', name: 'too late', because: 'nat-mapping-expired', at: 'router', count: { min: 1 } },
  ],
  twin: {
    about: 'Unanswered flows live as long.',
    changes: [{ path: '/nats/router/ipv6/timeout_unreplied', remove: true }],
    fails: 'too late',
  },
} satisfies Scenario
