import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'fq_codel that may not mark has to drop',
  about:
    'The packets say that their ends understand congestion marks. With ECN switched off in the queue this saves none of them.',
  duration: '30s',
  networks: { internet: {} },
  hosts: {
    alice: {
      interfaces: {
        internet: {
          address: '198.51.100.1',
          up: { rate: '128kbit', queue: 1000, discipline: { kind: 'fq-codel', ecn: false } },
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
    {
      do: 'send',
      at: '1s',
      name: 'upload',
      from: 'alice',
      to: '10.0.0.2:9',
      count: 400,
      interval: '63ms',
      size: 1100,
      tos: 2,
    },
  ],
  expect: [{ see: 'lost', name: 'dropped, not marked', step: 'upload', count: { min: 5 }, because: ['codel'] }],
  twin: {
    about: 'The queue may mark.',
    changes: [{ path: '/hosts/alice/interfaces/internet/up/discipline/ecn', remove: true }],
    fails: 'dropped, not marked',
  },
} satisfies Scenario
