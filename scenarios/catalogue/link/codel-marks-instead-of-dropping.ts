import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'Where the ends understand ECN, CoDel marks and drops nothing',
  about:
    'The inner packets say ECT(0), WireGuard copies that to the outer header, and the queue can mark what it would have dropped.',
  duration: '36s',

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
    { see: 'dropped', name: 'nothing is dropped', because: 'codel', count: 0 },
    { see: 'received', name: 'marks arrive', host: 'bob', what: 'congestion-mark', count: { min: 10 } },
    { see: 'delivered', step: 'upload' },
  ],
  twin: {
    about: 'The inner packets do not understand ECN.',
    changes: [{ path: '/steps/0/tos', set: 0 }],
    fails: 'nothing is dropped',
  },
} satisfies Scenario
