import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'Small packets pass and large ones hang: an MTU black hole over IPv6',
  about:
    'The path carries 1400 bytes, the tunnel assumes 1500, and nobody says "packet too big". IPv6 routers do not fragment.',
  claims: ['mtu-01', 'mtu-02'],
  duration: '30s',

  networks: { internet: { icmp: false } },
  hosts: {
    alice: {
      interfaces: { internet: '2001:db8:a::1' },
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
      interfaces: { internet: { address: '2001:db8:b::2', down: { mtu: 1400 } } },
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
    { do: 'ping', at: '20s', name: 'just fits', from: 'alice', to: '10.0.0.2', size: 1284 },
  ],
  expect: [
    { see: 'delivered', step: 'small' },
    { see: 'lost', name: 'large ones hang', step: 'large', because: ['df-too-big'] },
    { see: 'delivered', step: 'just fits' },
  ],
  twin: {
    about: 'MTU = 1320 in the configuration fits the path: the ping is fragmented inside the tunnel.',
    changes: [
      { path: '/hosts/alice/wg/wg0', replace: 'ListenPort = 51820', with: 'ListenPort = 51820\nMTU = 1320' },
      { path: '/hosts/bob/wg/wg0', replace: 'ListenPort = 51820', with: 'ListenPort = 51820\nMTU = 1320' },
    ],
    fails: 'large ones hang',
  },
} satisfies Scenario
