import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'CoDel keeps the wait short where a plain queue lets it grow',
  about:
    'A tunnel that sends a little more than its line carries: with tail drop every ping waits behind the whole queue, with CoDel some packets are lost and nobody waits for long.',
  duration: '62s',

  networks: { internet: {} },
  hosts: {
    alice: {
      interfaces: {
        internet: { address: '198.51.100.1', up: { rate: '128kbit', queue: 1000, discipline: { kind: 'codel' } } },
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
    { do: 'send', at: '1s', name: 'upload', from: 'alice', to: '10.0.0.2:9', count: 960, interval: '63ms', size: 1100 },
    { do: 'ping', at: '30s', name: 'ask', from: 'alice', to: '10.0.0.2', count: 30 },
  ],
  expect: [
    { see: 'delivered', name: 'nobody waits for long', step: 'ask', count: { min: 20 }, within: '1s' },
    { see: 'dropped', name: 'CoDel drops', because: 'codel', at: 'alice:internet', count: { min: 20 } },
  ],
  twin: {
    about: 'Tail drop, as most modems have it.',
    changes: [{ path: '/hosts/alice/interfaces/internet/up/discipline', remove: true }],
    fails: 'nobody waits for long',
  },
} satisfies Scenario
