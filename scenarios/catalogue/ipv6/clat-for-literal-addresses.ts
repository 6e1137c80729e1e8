import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'An endpoint written as an IPv4 address works on an IPv6 network only through 464XLAT',
  about:
    'DNS64 can not help where no name is asked for. The CLAT in the phone makes IPv6 of the IPv4 packets, and the NAT64 of the provider makes IPv4 of them again (RFC 6877): twice translated, and the tunnel does not notice.',
  duration: '30s',
  networks: { internet: {}, mobile: {}, tether: { kind: 'lan', gateway: '192.168.49.1' } },
  nats: {
    carrier: {
      inside: { mobile: ['2001:db8:aa::1/48', '64:ff9b::1/96'] },
      outside: { internet: '203.0.113.64' },
      nat64: '64:ff9b::/96',
    },
    clat: {
      inside: { tether: '192.168.49.1/24' },
      outside: { mobile: '2001:db8:aa:1::1/64' },
      clat: { plat: '64:ff9b::/96', source: '2001:db8:aa:1:464::/96' },
    },
  },
  hosts: {
    phone: {
      interfaces: { tether: '192.168.49.2/24' },
      wg: {
        wg0: `[Interface]
PrivateKey = <phone>
Address = 10.8.0.2/24

[Peer]
PublicKey = <server.pub>
Endpoint = 198.51.100.1:51820
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
    { do: 'ping', at: '1s', name: 'hello', from: 'phone', to: '10.8.0.1', count: 3 },
    { do: 'ping', at: '10s', name: 'large', from: 'phone', to: '10.8.0.1', count: 3, size: 1372 },
  ],
  expect: [
    { see: 'delivered', name: 'twice translated', step: 'hello' },
    { see: 'delivered', step: 'large' },
  ],
  twin: {
    about: 'The CLAT and the NAT64 do not agree on the prefix.',
    changes: [{ path: '/nats/clat/clat/plat', set: '2001:db8:64::/96' }],
    fails: 'twice translated',
  },
} satisfies Scenario
