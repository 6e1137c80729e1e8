import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: '"Fragmentation needed" of an IPv4 router becomes "packet too big" for the phone, 20 bytes more',
  about:
    'What was IPv6 has DF set as IPv4 (RFC 7915 §5.1). The narrow link is behind the NAT64: that the phone hears of it depends on the error crossing over.',
  claims: ['mtu-01'],
  duration: '30s',
  networks: { internet: {}, mobile: {} },
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
      interfaces: { internet: { address: '198.51.100.1', down: { mtu: 1400 } } },
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
    { do: 'send', at: '5s', name: 'large', from: 'phone', to: '10.8.0.1:9', count: 10, size: 1372 },
  ],
  expect: [
    { see: 'delivered', step: 'small' },
    { see: 'delivered', name: 'all but the first pass', step: 'large', count: 9 },
  ],
  twin: {
    about: 'The NAT64 drops ICMP errors.',
    changes: [{ path: '/nats/carrier/icmp', set: false }],
    fails: 'all but the first pass',
  },
} satisfies Scenario
