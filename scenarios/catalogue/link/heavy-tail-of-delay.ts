import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'The mean says fine, the tail says late',
  about:
    'Both jitters have the same standard deviation. Of the normal one nothing is later than four of them, of the Pareto one now and then a packet is.',
  duration: '160s',

  networks: { internet: {} },
  hosts: {
    alice: {
      interfaces: {
        internet: {
          address: '198.51.100.1',
          up: { delay: '40ms', jitter: '15ms', distribution: 'normal', reorder: true },
        },
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
    { do: 'ping', at: '0s', name: 'hello', from: 'alice', to: '10.0.0.2' },
    { do: 'send', at: '2s', name: 'beat', from: 'alice', to: '10.0.0.2:9', count: 1500, interval: '100ms' },
  ],
  expect: [{ see: 'delivered', name: 'none is late', step: 'beat', within: '120ms' }],
  twin: {
    about: 'A heavy tail, as of a radio that tries again and again.',
    changes: [{ path: '/hosts/alice/interfaces/internet/up/distribution', set: 'pareto' }],
    fails: 'none is late',
  },
} satisfies Scenario
