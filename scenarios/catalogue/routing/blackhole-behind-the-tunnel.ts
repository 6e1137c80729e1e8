import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A blackhole route behind the tunnel keeps packets from leaving in the clear when it goes down',
  about:
    'The tunnel has the better route to the private range. When it is gone the next best one would be the way to the Internet; a blackhole with a high metric comes before that.',
  duration: '30s',

  networks: { internet: {} },
  hosts: {
    alice: {
      interfaces: { internet: '198.51.100.1' },
      wg: {
        wg0: `[Interface]
PrivateKey = <alice>
Address = 10.0.0.1/24
ListenPort = 51820
PostUp = ip route add blackhole 192.0.2.0/24 metric 9999

[Peer]
PublicKey = <bob.pub>
Endpoint = 203.0.113.2:51820
AllowedIPs = 10.0.0.2/32, 192.0.2.0/24
`,
      },
    },
    bob: {
      interfaces: { internet: '203.0.113.2' },
      wg: {
        wg0: `[Interface]
PrivateKey = <bob>
Address = 10.0.0.2/24, 192.0.2.80/32
ListenPort = 51820

[Peer]
PublicKey = <alice.pub>
AllowedIPs = 10.0.0.1/32
`,
      },
    },
    stranger: { interfaces: { internet: '192.0.2.80' } },
  },

  steps: [
    { do: 'send', at: '1s', name: 'with the tunnel', from: 'alice', to: '192.0.2.80:9', count: 3 },
    { do: 'run', at: '10s', host: 'alice', command: 'ip link set wg0 down' },
    { do: 'send', at: '15s', name: 'without', from: 'alice', to: '192.0.2.80:9', count: 3 },
  ],
  expect: [
    { see: 'delivered', step: 'with the tunnel' },
    { see: 'lost', name: 'nothing leaks', step: 'without', because: ['route-refuses'] },
  ],
  twin: {
    about: 'Without the blackhole a stranger gets it all.',
    changes: [
      {
        path: '/hosts/alice/wg/wg0',
        replace: 'PostUp = ip route add blackhole 192.0.2.0/24 metric 9999\n',
        with: '',
      },
    ],
    fails: 'nothing leaks',
  },
} satisfies Scenario
