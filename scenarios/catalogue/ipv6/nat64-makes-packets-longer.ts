import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'Through NAT64 packets come back 20 bytes longer and in pieces: MTU 1200 is what passes whole',
  about:
    'IPv4 packets without DF are cut to 1280 bytes when they become IPv6 (RFC 7915 §4). Where fragments are dropped, large packets hang in one direction alone.',
  claims: ['mtu-03'],
  duration: '30s',
  networks: { internet: {}, mobile: { fragments: 'drop' } },
  nats: {
    carrier: {
      inside: { mobile: ['2001:db8:aa::1/48', '64:ff9b::1/96'] },
      outside: { internet: '203.0.113.64' },
      nat64: '64:ff9b::/96',
    },
  },
  hosts: {
    phone: {
      interfaces: { mobile: '2001:db8:aa:2::2/64' },
      wg: {
        wg0: `[Interface]
PrivateKey = <phone>
Address = 10.8.0.2/24

[Peer]
PublicKey = <server.pub>
Endpoint = [64:ff9b::c633:6401]:51820
AllowedIPs = 10.8.0.0/24
PersistentKeepalive = 25
`,
      },
    },
    server: {
      interfaces: { internet: '198.51.100.1' },
      wg: {
        wg0: `[Interface]
PrivateKey = <server>
Address = 10.8.0.1/24
ListenPort = 51820

[Peer]
PublicKey = <phone.pub>
AllowedIPs = 10.8.0.2/32
`,
      },
    },
  },
  steps: [
    { do: 'ping', at: '1s', name: 'small', from: 'phone', to: '10.8.0.1', count: 3 },
    { do: 'ping', at: '5s', name: 'large', from: 'phone', to: '10.8.0.1', count: 3, size: 1372 },
    {
      do: 'ping',
      at: '10s',
      name: 'up to 1200',
      from: 'phone',
      to: '10.8.0.1',
      count: 3,
      size: 1172,
    },
  ],
  expect: [
    { see: 'delivered', step: 'small' },
    { see: 'lost', name: 'large ones hang', step: 'large', because: ['fragment-dropped'] },
    { see: 'delivered', step: 'up to 1200' },
  ],
  twin: {
    about: 'MTU = 1200 in both configurations: what is larger is cut inside the tunnel.',
    changes: [
      {
        path: '/hosts/phone/wg/wg0',
        replace: 'Address = 10.8.0.2/24',
        with: 'Address = 10.8.0.2/24\nMTU = 1200',
      },
      {
        path: '/hosts/server/wg/wg0',
        replace: 'ListenPort = 51820',
        with: 'ListenPort = 51820\nMTU = 1200',
      },
    ],
    fails: 'large ones hang',
  },
} satisfies Scenario
