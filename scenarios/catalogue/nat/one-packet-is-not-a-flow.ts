import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A single packet opens the door for ten seconds, two for longer',
  about:
    'Some carriers keep a flow of one packet for a few seconds only. An initiation that has to wait for an answer is such a flow.',
  duration: '40s',
  networks: { internet: {}, home: { kind: 'lan', gateway: '192.168.1.1' } },
  nats: {
    router: {
      inside: { home: '192.168.1.1/24' },
      outside: { internet: '203.0.113.77' },
      filtering: 'endpoint-independent',
      ports: 'sequential',
      timeout: '120s',
      timeout_first: '10s',
    },
  },
  hosts: { laptop: { interfaces: { home: '192.168.1.10/24' } }, friend: { interfaces: { internet: '198.51.100.9' } } },
  steps: [
    { do: 'send', at: '1s', name: 'single', from: 'laptop', to: '198.51.100.9:9' },
    { do: 'send', at: '16s', name: 'knock', from: 'friend', to: '203.0.113.77:1024' },
  ],
  expect: [{ see: 'dropped', name: 'too late', because: 'nat-mapping-expired', at: 'router', count: 1 }],
  twin: {
    about: 'A packet is a flow.',
    changes: [{ path: '/nats/router/timeout_first', remove: true }],
    fails: 'too late',
  },
} satisfies Scenario
