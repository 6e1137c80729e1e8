import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'MSS clamping heals TCP, and nothing else',
  about:
    'The clamp rewrites one option of SYNs. A datagram that may not be cut (QUIC, DNS over DTLS) is as large as before, and too large.',
  claims: ['mtu-04'],
  duration: '30s',

  networks: {
    internet: {},
    home: { kind: 'lan', gateway: '192.168.1.1' },
    backbone: { kind: 'lan', gateway: '10.2.0.1' },
    shop: { kind: 'lan', gateway: '10.3.0.1' },
  },
  hosts: {
    pc: { interfaces: { home: '192.168.1.10/24' } },
    road: {
      interfaces: { internet: '198.51.100.1', home: '192.168.1.1/24' },
      forward: true,
      wg: {
        wg0: `[Interface]
PrivateKey = <road>
Address = 10.9.0.2/24

[Peer]
PublicKey = <hub.pub>
Endpoint = 203.0.113.9:51820
AllowedIPs = 10.9.0.0/24, 10.3.0.0/16
`,
      },
    },
    hub: {
      interfaces: { internet: '203.0.113.9', backbone: '10.2.0.1/24' },
      forward: true,
      wg: {
        wg0: `[Interface]
PrivateKey = <hub>
Address = 10.9.0.1/24
ListenPort = 51820
PostUp = ip route add 10.3.0.0/16 via 10.2.0.2 dev eth1
PostUp = iptables -t mangle -A FORWARD -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu

[Peer]
PublicKey = <road.pub>
AllowedIPs = 10.9.0.2/32, 192.168.1.0/24
`,
      },
    },
    client: { interfaces: { shop: '10.3.0.7/24' } },
  },
  routers: {
    core: {
      interfaces: { backbone: '10.2.0.2/24', shop: '10.3.0.1/24' },
      routes: [{ to: '192.168.1.0/24', via: '10.2.0.1' }],
      icmp_pass: ['echo'],
    },
  },

  steps: [
    { do: 'ping', at: '1s', name: 'ping', from: 'pc', to: '10.3.0.7' },
    { do: 'tcp', at: '2s', name: 'TCP', from: 'client', to: '192.168.1.10:80', bytes: 100_000, direction: 'both' },
    { do: 'send', at: '10s', name: 'UDP', from: 'client', to: '192.168.1.10:9', size: 1450, df: true, count: 3 },
  ],
  expect: [
    { see: 'delivered', step: 'ping' },
    { see: 'completed', name: 'TCP is healed', step: 'TCP' },
    { see: 'lost', name: 'UDP is not', step: 'UDP', because: ['df-too-big'] },
  ],
  twin: {
    about: 'Without the clamp TCP has the same fate.',
    changes: [
      {
        path: '/hosts/hub/wg/wg0',
        replace: 'PostUp = iptables -t mangle -A FORWARD -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu',
        with: '',
      },
    ],
    fails: 'TCP is healed',
  },
} satisfies Scenario
