import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'However many copies a network makes, one comes out of the tunnel',
  about:
    'Each packet is followed by three copies, and every data packet is sent again three times, in half of the cases. The counter lets the first one pass.',
  duration: '40s',
  networks: { internet: {} },
  hosts: {
    alice: {
      interfaces: {
        internet: {
          address: '198.51.100.1',
          up: { duplicate: { chance: 1, count: 3 }, replays: [{ message: 'data', nth: [3], after: '10s', count: 3 }] },
        },
      },
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
      interfaces: { internet: '203.0.113.2' },
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
  steps: [{ do: 'ping', at: '1s', name: 'hello', from: 'alice', to: '10.0.0.2', count: 10 }],
  expect: [
    { see: 'delivered', step: 'hello' },
    { see: 'dropped', name: 'thrown away', because: 'replayed', count: 36 },
  ],
  twin: {
    about: 'One copy, one replay.',
    changes: [
      { path: '/hosts/alice/interfaces/internet/up/duplicate/count', set: 1 },
      { path: '/hosts/alice/interfaces/internet/up/replays/0/count', set: 1 },
    ],
    fails: 'thrown away',
  },
} satisfies Scenario
