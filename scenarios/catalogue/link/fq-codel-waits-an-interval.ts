import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'fq_codel drops only after packets have waited too long for a whole interval',
  about:
    'The interval is the time that senders have to hear of a loss. A path of many seconds needs a long one, or a burst that was soon to end is taken for a standing queue.',
  duration: '20s',
  networks: { internet: {} },
  hosts: {
    alice: {
      interfaces: {
        internet: {
          address: '198.51.100.1',
          up: { rate: '1Mbit', queue: 1000, discipline: { kind: 'fq-codel', interval: '30s' } },
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
    { do: 'ping', at: '1s', name: 'hello', from: 'alice', to: '10.0.0.2' },
    { do: 'send', at: '2s', name: 'burst', from: 'alice', to: '10.0.0.2:9', count: 400, interval: '9ms', size: 1200 },
  ],
  expect: [{ see: 'delivered', name: 'the burst ends in time', step: 'burst' }],
  twin: {
    about: 'An interval for the Internet, 100 ms.',
    changes: [{ path: '/hosts/alice/interfaces/internet/up/discipline/interval', remove: true }],
    fails: 'the burst ends in time',
  },
} satisfies Scenario
