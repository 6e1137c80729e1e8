import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'Over IPv4 a firewall that drops fragments makes the same black hole',
  about:
    'WireGuard leaves DF clear, so a narrow path fragments the outer packet. Where fragments die, large packets do too.',
  claims: ['mtu-01', 'mtu-05'],
  duration: '30s',

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
    { do: 'ping', at: '1s', name: 'small', from: 'alice', to: '10.0.0.2', count: 5 },
    { do: 'ping', at: '10s', name: 'large', from: 'alice', to: '10.0.0.2', count: 5, size: 1372 },
  ],
  expect: [
    { see: 'delivered', step: 'small' },
    { see: 'lost', name: 'large ones hang', step: 'large', because: ['fragment-dropped'] },
  ],
  twin: {
    about: 'Fragments pass.',
    changes: [{ path: '/networks/internet/fragments', set: 'pass' }],
    fails: 'large ones hang',
  },
} satisfies Scenario
