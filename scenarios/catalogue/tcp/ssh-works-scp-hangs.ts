import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'ssh works, and scp hangs',
  about:
    'The path carries 1400 bytes, the tunnel packs 1420 into 1480, and what is cut on the way is dropped by a firewall. What a person types is small; a file is not.',
  claims: ['mtu-01', 'mtu-05'],
  duration: '60s',

  networks: { internet: { fragments: 'drop' } },
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
      interfaces: { internet: { address: '203.0.113.2', down: { mtu: 1400 } } },
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

  steps: [
    { do: 'tcp', at: '1s', name: 'ssh', from: 'alice', to: '10.0.0.2:22', bytes: 600, direction: 'both' },
    { do: 'tcp', at: '5s', name: 'scp', from: 'alice', to: '10.0.0.2:22', bytes: 1_000_000 },
  ],
  expect: [
    { see: 'completed', step: 'ssh', within: '1s' },
    { see: 'stalled', name: 'scp hangs', step: 'scp', bytes: 0, for: '30s' },
    { see: 'dropped', because: 'fragment-dropped', count: { min: 5 } },
  ],
  twin: {
    about: 'MTU = 1320 in both configurations fits the path.',
    changes: [
      { path: '/hosts/alice/wg/wg0', replace: 'ListenPort = 51820', with: 'ListenPort = 51820\nMTU = 1320' },
      { path: '/hosts/bob/wg/wg0', replace: 'ListenPort = 51820', with: 'ListenPort = 51820\nMTU = 1320' },
    ],
    fails: 'scp hangs',
  },
} satisfies Scenario
