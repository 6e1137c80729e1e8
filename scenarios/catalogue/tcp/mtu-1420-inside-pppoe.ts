import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'PPPoE takes 8 bytes, and 1420 is too much over IPv6',
  about:
    '1420 bytes make 1500 on the wire over IPv6, and PPPoE carries 1492. Where "too big" is filtered, downloads hang; over IPv4 the same tunnel makes 1480 and works.',
  claims: ['mtu-01', 'mtu-02'],
  duration: '60s',

  networks: { internet: { icmp: false } },
  hosts: {
    alice: {
      interfaces: { internet: { address: '2001:db8:a::1', down: { mtu: 1492 } } },
      wg: {
        wg0: `[Interface]
PrivateKey = <alice>
Address = 10.0.0.1/24
ListenPort = 51820

[Peer]
PublicKey = <bob.pub>
Endpoint = [2001:db8:b::2]:51820
AllowedIPs = 10.0.0.2/32
`,
      },
    },
    bob: {
      interfaces: { internet: '2001:db8:b::2' },
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
    { do: 'ping', at: '1s', name: 'ping', from: 'alice', to: '10.0.0.2', count: 3 },
    { do: 'ping', at: '5s', name: 'just fits', from: 'alice', to: '10.0.0.2', df: true, size: 1380 },
    { do: 'ping', at: '6s', name: 'one block more', from: 'alice', to: '10.0.0.2', df: true, size: 1381 },
    { do: 'tcp', at: '10s', name: 'download', from: 'alice', to: '10.0.0.2:443', bytes: 100_000, direction: 'down' },
  ],
  expect: [
    { see: 'delivered', step: 'ping' },
    { see: 'delivered', step: 'just fits' },
    { see: 'lost', step: 'one block more', because: ['df-too-big'] },
    { see: 'stalled', name: 'downloads hang', step: 'download', bytes: 0, for: '20s' },
  ],
  twin: {
    about: 'MTU = 1412, which is 1492 less 80.',
    changes: [
      { path: '/hosts/alice/wg/wg0', replace: 'ListenPort = 51820', with: 'ListenPort = 51820\nMTU = 1412' },
      { path: '/hosts/bob/wg/wg0', replace: 'ListenPort = 51820', with: 'ListenPort = 51820\nMTU = 1412' },
    ],
    fails: 'downloads hang',
  },
} satisfies Scenario
