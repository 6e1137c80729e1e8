import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A connection that is closed holds its place for minutes, or for five seconds',
  about: 'One mapping is what this host may have. After its FIN the first page still holds it.',
  duration: '60s',
  networks: { internet: {}, home: { kind: 'lan', gateway: '192.168.1.1' } },
  nats: {
    router: {
      inside: { home: '192.168.1.1/24' },
      outside: { internet: '203.0.113.77' },
      max_per_host: 1,
      tcp: { timeout_closing: '5s' },
    },
  },
  hosts: {
    laptop: { interfaces: { home: '192.168.1.10/24' } },
    web: { interfaces: { internet: '198.51.100.9' } },
    other: { interfaces: { internet: '198.51.100.8' } },
  },
  steps: [
    { do: 'tcp', at: '1s', name: 'first', from: 'laptop', to: '198.51.100.9:80', bytes: 2000 },
    { do: 'tcp', at: '30s', name: 'second', from: 'laptop', to: '198.51.100.9:80', bytes: 2000, deadline: '20s' },
  ],
  expect: [
    { see: 'completed', step: 'first' },
    { see: 'completed', name: 'the place is free', step: 'second' },
  ],
  twin: {
    about: 'Four minutes (RFC 5382 REQ-5).',
    changes: [{ path: '/nats/router/tcp/timeout_closing', remove: true }],
    fails: 'the place is free',
  },
} satisfies Scenario
