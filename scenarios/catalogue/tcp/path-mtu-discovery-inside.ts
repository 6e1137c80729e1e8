import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'Behind the other gateway the path is narrower, and TCP is told in time',
  about:
    'The tunnel takes 1420 bytes, the last network only 1300. Its router says "too big", through the tunnel, and the sender cuts smaller: one round trip lost.',
  claims: ['mtu-01'],
  duration: '40s',

  networks: {
    internet: {},
    backbone: { kind: 'lan', gateway: '10.2.0.1' },
    cellar: { kind: 'lan', gateway: '10.3.0.1' },
  },
  hosts: {
    road: {
      interfaces: { internet: '198.51.100.1' },
      wg: {
        wg0: `[Interface]
PrivateKey = <road>
Address = 10.9.0.2/24

[Peer]
PublicKey = <hub.pub>
Endpoint = 203.0.113.9:51820
AllowedIPs = 10.9.0.0/24, 10.2.0.0/16, 10.3.0.0/16
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

[Peer]
PublicKey = <road.pub>
AllowedIPs = 10.9.0.2/32
`,
      },
    },
    disk: { interfaces: { cellar: '10.3.0.7/24' } },
  },
  routers: {
    stairs: {
      interfaces: {
        backbone: '10.2.0.2/24',
        cellar: { address: '10.3.0.1/24', up: { mtu: 1300 }, down: { mtu: 1300 } },
      },
      routes: [{ to: '10.9.0.0/24', via: '10.2.0.1' }],
    },
  },

  steps: [{ do: 'tcp', at: '1s', name: 'backup', from: 'road', to: '10.3.0.7:22', bytes: 1_000_000 }],
  expect: [
    { see: 'completed', name: 'it arrives', step: 'backup', within: '3s' },
    { see: 'dropped', because: 'df-too-big', at: 'stairs', count: { min: 1, max: 20 } },
  ],
  twin: {
    about: 'The router says nothing.',
    changes: [{ path: '/routers/stairs/icmp', set: false }],
    fails: 'it arrives',
  },
} satisfies Scenario
