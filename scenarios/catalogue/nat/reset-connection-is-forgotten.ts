import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A connection that was reset holds its place for minutes, or is forgotten at once',
  about: 'One mapping is what this host may have. The first connection was refused.',
  duration: '60s',
  networks: { internet: {}, home: { kind: 'lan', gateway: '192.168.1.1' } },
  nats: {
    router: {
      inside: { home: '192.168.1.1/24' },
      outside: { internet: '203.0.113.77' },
      max_per_host: 1,
      tcp: { timeout_reset: '0s' },
    },
  },
  hosts: {
    laptop: { interfaces: { home: '192.168.1.10/24' } },
    web: { interfaces: { internet: '198.51.100.9' } },
    other: { interfaces: { internet: '198.51.100.8' } },
  },
  steps: [
    { do: 'tcp', at: '1s', name: 'refused', from: 'laptop', to: '198.51.100.9:8443', bytes: 2000 },
    { do: 'tcp', at: '10s', name: 'second', from: 'laptop', to: '198.51.100.9:80', bytes: 2000, deadline: '20s' },
  ],
  expect: [
    { see: 'broken', step: 'refused', because: 'connection refused' },
    { see: 'completed', name: 'the place is free', step: 'second' },
  ],
  twin: {
    about: 'Four minutes.',
    changes: [{ path: '/nats/router/tcp/timeout_reset', remove: true }],
    fails: 'the place is free',
  },
} satisfies Scenario
