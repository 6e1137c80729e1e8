import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A mapping that ends at a random time ends earlier for some than for others',
  about: 'Ten minutes and up to ten more. Who measures once knows little.',
  duration: '40s',
  networks: { internet: {}, home: { kind: 'lan', gateway: '192.168.1.1' } },
  nats: {
    router: {
      inside: { home: '192.168.1.1/24' },
      outside: { internet: '203.0.113.77' },
      filtering: 'endpoint-independent',
      ports: 'sequential',
      lifetime: '10s',
      lifetime_spread: '30s',
    },
  },
  hosts: { laptop: { interfaces: { home: '192.168.1.10/24' } }, friend: { interfaces: { internet: '198.51.100.9' } } },
  steps: [
    { do: 'send', at: '1000ms', name: 'flow 0', from: 'laptop', to: '198.51.100.9:9' },
    { do: 'send', at: '1100ms', name: 'flow 1', from: 'laptop', to: '198.51.100.9:9' },
    { do: 'send', at: '1200ms', name: 'flow 2', from: 'laptop', to: '198.51.100.9:9' },
    { do: 'send', at: '1300ms', name: 'flow 3', from: 'laptop', to: '198.51.100.9:9' },
    { do: 'send', at: '1400ms', name: 'flow 4', from: 'laptop', to: '198.51.100.9:9' },
    { do: 'send', at: '1500ms', name: 'flow 5', from: 'laptop', to: '198.51.100.9:9' },
    { do: 'send', at: '14000ms', name: 'back 0', from: 'friend', to: '203.0.113.77:1024' },
    { do: 'send', at: '14100ms', name: 'back 1', from: 'friend', to: '203.0.113.77:1025' },
    { do: 'send', at: '14200ms', name: 'back 2', from: 'friend', to: '203.0.113.77:1026' },
    { do: 'send', at: '14300ms', name: 'back 3', from: 'friend', to: '203.0.113.77:1027' },
    { do: 'send', at: '14400ms', name: 'back 4', from: 'friend', to: '203.0.113.77:1028' },
    { do: 'send', at: '14500ms', name: 'back 5', from: 'friend', to: '203.0.113.77:1029' },
  ],
  expect: [
    { see: 'dropped', name: 'some still live', because: 'nat-mapping-expired', at: 'router', count: { max: 5 } },
  ],
  twin: {
    about: 'All end after ten seconds.',
    changes: [{ path: '/nats/router/lifetime_spread', remove: true }],
    fails: 'some still live',
  },
} satisfies Scenario
