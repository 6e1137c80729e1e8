import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'Whose block a port belongs to can not be told where blocks are given at random',
  about: 'There are five hundred blocks. Given one after the other, the laptop would have the first.',
  duration: '20s',
  networks: { internet: {}, home: { kind: 'lan', gateway: '192.168.1.1' } },
  nats: {
    router: {
      inside: { home: '192.168.1.1/24' },
      outside: { internet: '203.0.113.77' },
      filtering: 'endpoint-independent',
      ports: 'sequential',
      port_class: 'none',
      port_range: [2048, 6047],
      blocks: { size: 8, order: 'random' },
    },
  },
  hosts: { laptop: { interfaces: { home: '192.168.1.10/24' } }, friend: { interfaces: { internet: '198.51.100.9' } } },
  steps: [
    { do: 'send', at: '1s', name: 'one', from: 'laptop', to: '198.51.100.9:9' },
    { do: 'send', at: '3s', name: 'guess', from: 'friend', to: '203.0.113.77:2048' },
  ],
  expect: [{ see: 'dropped', name: 'a wrong guess', because: 'nat-no-mapping', at: 'router', count: 1 }],
  twin: {
    about: 'One after the other.',
    changes: [{ path: '/nats/router/blocks/order', remove: true }],
    fails: 'a wrong guess',
  },
} satisfies Scenario
