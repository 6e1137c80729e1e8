import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'Every fifth packet goes ahead of the others',
  about:
    'A path with two queues, where one of five packets takes the short one: sent last, it comes third. A line that loses the third loses that one.',
  duration: '10s',
  networks: { internet: {} },
  hosts: {
    alice: {
      interfaces: { internet: { address: '198.51.100.1', up: { delay: '50ms', reorder: { chance: 1, gap: 5 } } } },
    },
    bob: { interfaces: { internet: { address: '203.0.113.2', down: { lose: [{ nth: [3] }] } } } },
  },
  steps: [
    { do: 'send', at: '1s', name: 'four', from: 'alice', to: '203.0.113.2:9', count: 4, interval: '20ms' },
    { do: 'send', at: '1.08s', name: 'the fifth', from: 'alice', to: '203.0.113.2:9' },
  ],
  expect: [
    { see: 'lost', name: 'it came third', step: 'the fifth', because: ['listed-loss'] },
    { see: 'delivered', step: 'four' },
  ],
  twin: {
    about: 'All of them go ahead.',
    changes: [{ path: '/hosts/alice/interfaces/internet/up/reorder/gap', remove: true }],
    fails: 'it came third',
  },
} satisfies Scenario
