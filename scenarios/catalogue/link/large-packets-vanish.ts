import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A path that loses large packets only is taken for an MTU problem',
  about:
    'No ICMP, no fragments, just a device on the way that loses what is 1400 bytes or more: ping works, everything else hangs.',
  claims: ['mtu-01'],
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

[Peer]
PublicKey = <bob.pub>
Endpoint = 203.0.113.2:51820
AllowedIPs = 10.0.0.2/32
`,
      },
    },
    bob: {
      interfaces: { internet: { address: '203.0.113.2', down: { lose: [{ size: { min: 1400 } }] } } },
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
  ],
  expect: [
    { see: 'delivered', step: 'small' },
    { see: 'lost', name: 'large ones hang', step: 'large', because: ['listed-loss'] },
    { see: 'received', name: 'nobody says why', host: 'alice', what: 'icmp-too-big', count: 0 },
  ],
  twin: {
    about: 'The limit is above what the tunnel sends.',
    changes: [{ path: '/hosts/bob/interfaces/internet/down/lose/0/size/min', set: 1481 }],
    fails: 'large ones hang',
  },
} satisfies Scenario
