import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A network that sends half of the packets again changes nothing for those in the tunnel',
  about: 'Which ones is left to chance; each copy is refused by its counter.',
  duration: '40s',
  networks: { internet: {} },
  hosts: {
    alice: {
      interfaces: {
        internet: { address: '198.51.100.1', up: { replays: [{ message: 'data', chance: 0.5, after: '2s' }] } },
      },
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
  steps: [{ do: 'send', at: '1s', name: 'beat', from: 'alice', to: '10.0.0.2:9', count: 200, interval: '100ms' }],
  expect: [
    { see: 'delivered', step: 'beat' },
    { see: 'dropped', name: 'about half', because: 'replayed', count: { min: 60, max: 140 } },
  ],
  twin: {
    about: 'All of them come again.',
    changes: [{ path: '/hosts/alice/interfaces/internet/up/replays/0/chance', remove: true }],
    fails: 'about half',
  },
} satisfies Scenario
