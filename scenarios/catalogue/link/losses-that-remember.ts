import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'Losses that remember are fewer than was asked for, as in netem',
  about:
    'Who writes `loss 20% 75%` into tc gets far less than a fifth: the mixed draws gather around the middle, and seldom fall below the mark.',
  duration: '40s',
  networks: { internet: {} },
  hosts: {
    alice: {
      interfaces: { internet: { address: '198.51.100.1', up: { loss: 0.2, loss_correlation: 0.75 } } },
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
      interfaces: { internet: '203.0.113.2' },
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
    { do: 'ping', at: '1s', name: 'hello', from: 'alice', to: '10.0.0.2', count: 5 },
    { do: 'send', at: '7s', name: 'beat', from: 'alice', to: '10.0.0.2:9', count: 600, interval: '50ms' },
  ],
  expect: [{ see: 'lost', name: 'far fewer than a fifth', step: 'beat', count: { max: 60 } }],
  twin: {
    about: 'Each draw is new.',
    changes: [{ path: '/hosts/alice/interfaces/internet/up/loss_correlation', remove: true }],
    fails: 'far fewer than a fifth',
  },
} satisfies Scenario
