import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A flipped bit that UDP does not notice is caught by the tag',
  about:
    'Memory of a bad router, an ALG that rewrites: the UDP checksum is right again, and still not one wrong byte comes out of the tunnel.',
  duration: '10s',

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
        internet: {
          address: '203.0.113.2',
          down: { corrupt_field: [{ message: 'data', field: 'payload', flip: 300, nth: [2, 4] }] },
        },
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

  steps: [{ do: 'ping', at: '1s', name: 'ask', from: 'alice', to: '10.0.0.2', count: 6 }],
  expect: [
    { see: 'dropped', name: 'caught by the tag', because: 'bad-data', at: 'bob', count: 2 },
    { see: 'delivered', step: 'ask', count: 4 },
  ],
  twin: {
    about: 'The UDP checksum is left wrong: the host throws it away before WireGuard sees it.',
    changes: [{ path: '/hosts/bob/interfaces/internet/down/corrupt_field/0/checksum', set: 'keep' }],
    fails: 'caught by the tag',
  },
} satisfies Scenario
