import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A NAT that has forgotten a connection may pick it up again, or refuse to',
  about:
    'It was switched off for a moment. Linux takes any segment for the begin of a mapping; this one wants a SYN, and the upload hangs.',
  duration: '60s',
  networks: { internet: {}, home: { kind: 'lan', gateway: '192.168.1.1' } },
  nats: {
    router: { inside: { home: '192.168.1.1/24' }, outside: { internet: '203.0.113.77' }, tcp: { pick_up: false } },
  },
  hosts: {
    laptop: { interfaces: { home: { address: '192.168.1.10/24', up: { rate: '5Mbit' } } } },
    web: { interfaces: { internet: '198.51.100.9' } },
    other: { interfaces: { internet: '198.51.100.8' } },
  },
  steps: [
    { do: 'tcp', at: '1s', name: 'upload', from: 'laptop', to: '198.51.100.9:80', bytes: 4000000, deadline: '50s' },
    { do: 'nat', at: '2s', nat: 'router', flush: true },
  ],
  expect: [
    { see: 'dropped', name: 'no SYN, no mapping', because: 'nat-tcp-no-connection', at: 'router', count: { min: 1 } },
  ],
  twin: {
    about: 'Any segment will do.',
    changes: [{ path: '/nats/router/tcp/pick_up', remove: true }],
    fails: 'no SYN, no mapping',
  },
} satisfies Scenario
