import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A full table throws out what has never been answered, and spares streams',
  about:
    'Two flows fit. The older one has been silent for longer, but it was a stream; the scan of a neighbour goes first, as early_drop in Linux does.',
  duration: '60s',
  networks: { internet: {}, home: { kind: 'lan', gateway: '192.168.1.1' } },
  nats: {
    router: {
      inside: { home: '192.168.1.1/24' },
      outside: { internet: '203.0.113.77' },
      ports: 'sequential',
      filtering: 'endpoint-independent',
      max_mappings: 2,
      when_full: 'evict-unreplied',
    },
  },
  hosts: {
    laptop: { interfaces: { home: '192.168.1.10/24' } },
    web: { interfaces: { internet: '198.51.100.9' } },
    neighbour: { interfaces: { home: '192.168.1.11/24' } },
  },
  steps: [
    { do: 'send', at: '1s', name: 'stream', from: 'laptop', to: '198.51.100.9:7', count: 6 },
    { do: 'send', at: '10s', name: 'scan', from: 'neighbour', to: '198.51.100.9:9' },
    { do: 'send', at: '12s', name: 'one more', from: 'neighbour', to: '198.51.100.9:9' },
    { do: 'send', at: '20s', name: 'late word', from: 'web', to: '203.0.113.77:1024' },
  ],
  expect: [
    { see: 'delivered', step: 'one more' },
    { see: 'dropped', name: 'spared', because: 'nat-no-mapping', at: 'router', count: 0 },
  ],
  twin: {
    about: 'The one that was idle longest goes.',
    changes: [{ path: '/nats/router/when_full', set: 'evict-oldest' }],
    fails: 'spared',
  },
} satisfies Scenario
