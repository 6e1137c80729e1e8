import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A phone with IPv6 alone reaches a server with IPv4 alone, if it asks for it by name',
  about:
    'The resolver of the mobile network makes an IPv6 address of the IPv4 one (DNS64), and the NAT64 behind it knows what it stands for.',
  duration: '30s',
  networks: { internet: {}, mobile: { dns64: '64:ff9b::/96' } },
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
Endpoint = vpn.example.net:51820
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
  names: { 'vpn.example.net': '198.51.100.1' },
  steps: [
    { do: 'ping', at: '1s', name: 'hello', from: 'phone', to: '10.8.0.1', count: 3 },
    { do: 'ping', at: '20s', name: 'the other way', from: 'server', to: '10.8.0.2', count: 3 },
  ],
  expect: [
    { see: 'delivered', name: 'across families', step: 'hello' },
    { see: 'delivered', step: 'the other way' },
    { see: 'endpoint', host: 'phone', peer: 'server', is: '[64:ff9b::c633:6401]:51820' },
  ],
  twin: {
    about: 'The resolver and the NAT64 do not agree on the prefix.',
    changes: [{ path: '/networks/mobile/dns64', set: '2001:db8:64::/96' }],
    fails: 'across families',
  },
} satisfies Scenario
