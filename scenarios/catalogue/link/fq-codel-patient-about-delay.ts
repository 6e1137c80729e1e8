import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'fq_codel that calls a tenth of a second good does not drop',
  about:
    'Wireless links need a larger target than wires: what waits for the radio is no queue that a sender could shorten.',
  duration: '20s',
  networks: { internet: {} },
  hosts: {
    alice: {
      interfaces: {
        internet: {
          address: '198.51.100.1',
          up: { rate: '1Mbit', queue: 1000, discipline: { kind: 'fq-codel', target: '90ms' } },
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
    { do: 'send', at: '2s', name: 'burst', from: 'alice', to: '10.0.0.2:9', count: 60, interval: '9ms', size: 1200 },
  ],
  expect: [{ see: 'delivered', name: 'all of it waits and passes', step: 'burst' }],
  twin: {
    about: 'The target for wires, 5 ms.',
    changes: [{ path: '/hosts/alice/interfaces/internet/up/discipline/target', remove: true }],
    fails: 'all of it waits and passes',
  },
} satisfies Scenario
