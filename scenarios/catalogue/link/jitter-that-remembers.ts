import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A delay that remembers the one before seldom goes to its extremes',
  about:
    'netem mixes each draw with the one before it. What jumped by up to 100 ms now wanders around the middle, so that what is built for 90 ms on top works.',
  duration: '40s',
  networks: { internet: {} },
  hosts: {
    alice: {
      interfaces: {
        internet: { address: '198.51.100.1', up: { delay: '10ms', jitter: '100ms', jitter_correlation: 0.9 } },
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
  steps: [
    { do: 'ping', at: '1s', name: 'hello', from: 'alice', to: '10.0.0.2' },
    { do: 'send', at: '3s', name: 'beat', from: 'alice', to: '10.0.0.2:9', count: 300, interval: '110ms' },
  ],
  expect: [
    { see: 'delivered', step: 'hello' },
    { see: 'delivered', name: 'none at the extreme', step: 'beat', within: '112ms' },
  ],
  twin: {
    about: 'Each draw is new.',
    changes: [{ path: '/hosts/alice/interfaces/internet/up/jitter_correlation', remove: true }],
    fails: 'none at the extreme',
  },
} satisfies Scenario
