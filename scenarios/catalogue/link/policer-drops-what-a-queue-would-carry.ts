import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A policer drops the burst that a queue would have carried',
  about: 'Both let one megabit a second pass. One keeps what is too much for a moment, the other throws it away.',
  duration: '10s',

  networks: { internet: {} },
  hosts: {
    alice: {
      interfaces: { internet: { address: '198.51.100.1', up: { police: { rate: '1Mbit', burst: 15000 } } } },
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
    { do: 'send', at: '2s', name: 'burst', from: 'alice', to: '10.0.0.2:9', count: 30, interval: '0s', size: 1200 },
  ],
  expect: [{ see: 'lost', name: 'most of the burst is lost', step: 'burst', count: { min: 15 }, because: ['policed'] }],
  twin: {
    about: 'The same rate with a queue before it.',
    changes: [{ path: '/hosts/alice/interfaces/internet/up', set: { rate: '1Mbit' } }],
    fails: 'most of the burst is lost',
  },
} satisfies Scenario
