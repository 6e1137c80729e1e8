import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A wrong bit that the checksum shows is thrown away before WireGuard sees it',
  about:
    'The network flips a bit of each keepalive and leaves the checksum as it was. The system drops it; with a right checksum it would have come to the tag.',
  duration: '60s',
  networks: { internet: {} },
  hosts: {
    alice: {
      interfaces: {
        internet: {
          address: '198.51.100.1',
          down: { corrupt_field: [{ message: 'keepalive', field: 'tag', flip: 0, checksum: 'keep' }] },
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
  steps: [{ do: 'send', at: '1s', name: 'news', from: 'alice', to: '10.0.0.2:9', count: 3 }],
  expect: [{ see: 'dropped', name: 'stopped by the system', because: 'bad-checksum', at: 'alice', count: { min: 1 } }],
  twin: {
    about: 'The network makes the checksum right.',
    changes: [{ path: '/hosts/alice/interfaces/internet/down/corrupt_field/0/checksum', set: 'fix' }],
    fails: 'stopped by the system',
  },
} satisfies Scenario
