import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'Ping works, the connection opens, and HTTPS hangs',
  about:
    'Behind a VPN the page never comes. The server sends 1500 bytes with DF, the tunnel takes 1420, the VPN server says "too big", and that message is filtered on its way: the server repeats what can not pass. Nothing is wrong with the tunnel.',
  claims: ['mtu-01', 'mtu-04'],
  duration: '40s',

  networks: { internet: { icmp_pass: ['echo'] }, home: { kind: 'lan', gateway: '192.168.1.1' } },
  hosts: {
    pc: { interfaces: { home: '192.168.1.10/24' } },
    gate: {
      interfaces: { internet: '198.51.100.1', home: '192.168.1.1/24' },
      forward: true,
      wg: {
        wg0: `[Interface]
PrivateKey = <gate>
Address = 10.9.0.2/24

[Peer]
PublicKey = <vpn.pub>
Endpoint = 203.0.113.9:51820
AllowedIPs = 10.9.0.0/24, 192.0.2.0/24
`,
      },
    },
    vpn: {
      interfaces: { internet: '203.0.113.9' },
      forward: true,
      wg: {
        wg0: `[Interface]
PrivateKey = <vpn>
Address = 10.9.0.1/24
ListenPort = 51820
PostUp = iptables -t nat -A POSTROUTING -o eth0 -j MASQUERADE
# no clamp

[Peer]
PublicKey = <gate.pub>
AllowedIPs = 10.9.0.2/32, 192.168.1.0/24
`,
      },
    },
    web: { interfaces: { internet: '192.0.2.80' } },
  },

  steps: [
    { do: 'ping', at: '1s', name: 'ping', from: 'pc', to: '192.0.2.80', count: 3 },
    { do: 'tcp', at: '5s', name: 'a few words', from: 'pc', to: '192.0.2.80:443', bytes: 1000, direction: 'down' },
    { do: 'tcp', at: '10s', name: 'page', from: 'pc', to: '192.0.2.80:443', bytes: 100_000, direction: 'down' },
    // Later: with it the PC learns the size, and would ask for no more than that the next time.
    { do: 'tcp', at: '30s', name: 'upload', from: 'pc', to: '192.0.2.80:443', bytes: 100_000 },
  ],
  expect: [
    { see: 'delivered', step: 'ping' },
    { see: 'completed', step: 'a few words', within: '1s' },
    { see: 'completed', name: 'the other way works', step: 'upload' },
    { see: 'stalled', name: 'the page hangs', step: 'page', bytes: 0, for: '20s' },
    { see: 'dropped', because: 'df-too-big', at: 'vpn', count: { min: 5 } },
  ],
  twin: {
    about: 'The VPN server clamps the MSS: the server never sends more than the tunnel takes.',
    changes: [
      {
        path: '/hosts/vpn/wg/wg0',
        replace: '# no clamp',
        with: 'PostUp = iptables -t mangle -A FORWARD -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu',
      },
    ],
    fails: 'the page hangs',
  },
} satisfies Scenario
