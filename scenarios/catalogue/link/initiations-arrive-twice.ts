import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'An initiation that arrives twice is answered once',
  about: 'The copy has the timestamp of the original, and a timestamp counts once only.',
  duration: '10s',

  networks: { internet: {} },
  hosts: {
    alice: {
      interfaces: { internet: { address: '198.51.100.1', up: { duplicate: { chance: 1, delay: '50ms' } } } },
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

  steps: [{ do: 'ping', at: '1s', name: 'ask', from: 'alice', to: '10.0.0.2', count: 3 }],
  expect: [
    {
      see: 'dropped',
      name: 'the copy is refused',
      because: 'old-timestamp',
      at: 'bob',
      between: ['1060ms', '2s'],
      count: 1,
    },
    { see: 'messages', name: 'one answer', message: 'response', from: 'bob', count: 1 },
    { see: 'dropped', name: 'and so are copies of data', because: 'replayed', at: 'bob', count: { min: 3 } },
    { see: 'delivered', step: 'ask' },
  ],
  twin: {
    about: 'Nothing arrives twice.',
    changes: [{ path: '/hosts/alice/interfaces/internet/up/duplicate/chance', set: 0 }],
    fails: 'the copy is refused',
  },
} satisfies Scenario
