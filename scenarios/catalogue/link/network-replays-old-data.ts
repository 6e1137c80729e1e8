import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A network that sends old packets again reaches nobody',
  about:
    'Half a minute later three packets of the tunnel come a second time, each right in every bit. Their counters were seen before.',
  duration: '60s',

  networks: { internet: {} },
  hosts: {
    alice: {
      interfaces: { internet: '198.51.100.1' },
      wg: {
        wg0: `[Interface]
PrivateKey = <alice>
Address = 10.0.0.1/24
ListenPort = 51820

[Peer]
PublicKey = <bob.pub>
Endpoint = 203.0.113.2:51820
AllowedIPs = 10.0.0.2/32
`,
      },
    },
    bob: {
      interfaces: {
        internet: { address: '203.0.113.2', down: { replays: [{ message: 'data', nth: [1, 2, 3], after: '30s' }] } },
      },
      wg: {
        wg0: `[Interface]
PrivateKey = <bob>
Address = 10.0.0.2/24
ListenPort = 51820

[Peer]
PublicKey = <alice.pub>
AllowedIPs = 10.0.0.1/32
`,
      },
    },
  },

  steps: [{ do: 'ping', at: '1s', name: 'ask', from: 'alice', to: '10.0.0.2', count: 10 }],
  expect: [
    { see: 'dropped', name: 'seen before', because: 'replayed', at: 'bob', count: 3 },
    { see: 'delivered', step: 'ask' },
  ],
  twin: {
    about: 'Four minutes later the session is gone: it is forgotten, not remembered, that protects.',
    changes: [
      { path: '/duration', set: '300s' },
      { path: '/hosts/bob/interfaces/internet/down/replays/0/after', set: '240s' },
    ],
    fails: 'seen before',
  },
} satisfies Scenario
