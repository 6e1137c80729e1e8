import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A plain queue that is long enough loses nothing, and makes everything late',
  about:
    'Twice as much comes as the line carries, for two seconds. A queue that drops from its end alone keeps all of it; one that looks at the delay does not.',
  duration: '30s',
  networks: { internet: {} },
  hosts: {
    alice: {
      interfaces: {
        internet: { address: '198.51.100.1', up: { rate: '1Mbit', queue: 1000, discipline: { kind: 'drop-tail' } } },
      },
    },
    bob: { interfaces: { internet: '203.0.113.2' } },
  },
  steps: [
    {
      do: 'send',
      at: '1s',
      name: 'stream',
      from: 'alice',
      to: '203.0.113.2:9',
      count: 500,
      interval: '4ms',
      size: 1000,
    },
  ],
  expect: [{ see: 'delivered', name: 'nothing is lost', step: 'stream' }],
  twin: {
    about: 'The queue looks at how long packets have waited.',
    changes: [{ path: '/hosts/alice/interfaces/internet/up/discipline', set: { kind: 'codel' } }],
    fails: 'nothing is lost',
  },
} satisfies Scenario
