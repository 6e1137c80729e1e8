import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A network that bleaches ECN turns marks into losses',
  about:
    'Some router clears the two bits. The bottleneck behind it sees packets that do not understand ECN, and drops.',
  duration: '32s',

  networks: { internet: {} },
  hosts: {
    alice: {
      interfaces: { internet: { address: '198.51.100.1', up: { ecn: 'bleach' } } },
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
      interfaces: {
        internet: { address: '203.0.113.2', down: { rate: '128kbit', queue: 1000, discipline: { kind: 'codel' } } },
      },
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
    {
      do: 'send',
      at: '1s',
      name: 'upload',
      from: 'alice',
      to: '10.0.0.2:9',
      count: 450,
      interval: '63ms',
      size: 1100,
      tos: 2,
    },
  ],
  expect: [
    { see: 'received', name: 'no marks', host: 'bob', what: 'congestion-mark', count: 0 },
    { see: 'dropped', name: 'but losses', because: 'codel', count: { min: 10 } },
    { see: 'lost', step: 'upload', count: { min: 10 }, because: ['codel'] },
  ],
  twin: {
    about: 'The bits pass as they are.',
    changes: [{ path: '/hosts/alice/interfaces/internet/up/ecn', set: 'pass' }],
    fails: 'no marks',
  },
} satisfies Scenario
