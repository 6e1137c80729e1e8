import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'Between its bad times this radio loses too, and in them something passes',
  about: 'Gilbert: the good state is perfect and the bad one hopeless. Elliott: each has its own share of losses.',
  duration: '60s',
  networks: { internet: {} },
  hosts: {
    alice: {
      interfaces: {
        internet: { address: '198.51.100.1', up: { gilbert_elliott: { p: 0.5, r: 0.5, good: 0.2, bad: 0.6 } } },
      },
    },
    bob: { interfaces: { internet: '203.0.113.2' } },
  },
  steps: [{ do: 'send', at: '1s', name: 'beat', from: 'alice', to: '203.0.113.2:9', count: 5000, interval: '10ms' }],
  expect: [
    {
      see: 'lost',
      name: 'two fifths',
      step: 'beat',
      count: { min: 1850, max: 2150 },
      because: ['gilbert-elliott-loss'],
    },
  ],
  twin: {
    about: 'Perfect and hopeless.',
    changes: [{ path: '/hosts/alice/interfaces/internet/up/gilbert_elliott', set: { p: 0.5, r: 0.5 } }],
    fails: 'two fifths',
  },
} satisfies Scenario
