import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A download that pauses for half a minute finds its connection forgotten',
  about:
    'The train is in a tunnel for thirty seconds. This NAT forgets a connection after ten, and takes up none in its middle.',
  duration: '2m',
  networks: { internet: {}, home: { kind: 'lan', gateway: '192.168.1.1' } },
  nats: {
    router: {
      inside: { home: '192.168.1.1/24' },
      outside: { internet: '203.0.113.77' },
      tcp: { timeout: '10s', pick_up: false },
    },
  },
  hosts: {
    laptop: {
      interfaces: {
        home: {
          address: '192.168.1.10/24',
          up: { blackouts: [{ at: '3s', for: '30s' }] },
          down: { rate: '1Mbit', blackouts: [{ at: '3s', for: '30s' }] },
        },
      },
    },
    web: { interfaces: { internet: '198.51.100.9' } },
  },
  steps: [
    {
      do: 'tcp',
      at: '1s',
      name: 'download',
      from: 'laptop',
      to: '198.51.100.9:80',
      bytes: 2000000,
      direction: 'down',
      deadline: '100s',
    },
  ],
  expect: [{ see: 'stalled', name: 'forgotten', step: 'download', for: '5s' }],
  twin: {
    about: 'Two hours (RFC 5382 REQ-5).',
    changes: [{ path: '/nats/router/tcp/timeout', remove: true }],
    fails: 'forgotten',
  },
} satisfies Scenario
