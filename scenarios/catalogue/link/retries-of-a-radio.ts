import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'The tail of radio retries: most packets are early, a few come so late that they are as good as lost',
  about:
    'A jitter of 10 s that is uniform is never more than 10 s, so all would be there at the end. A tail is now and then far over it.',
  duration: '64s',
  networks: { internet: {} },
  hosts: {
    alice: {
      interfaces: {
        internet: {
          address: '198.51.100.1',
          up: { delay: '4s', jitter: '10s', distribution: 'pareto', reorder: true },
        },
      },
    },
    bob: { interfaces: { internet: '203.0.113.2' } },
  },
  steps: [{ do: 'send', at: '1s', name: 'beat', from: 'alice', to: '203.0.113.2:9', count: 900, interval: '50ms' }],
  expect: [{ see: 'lost', name: 'still on their way', step: 'beat', count: { min: 5, max: 200 } }],
  twin: {
    about: 'The same jitter, uniform.',
    changes: [{ path: '/hosts/alice/interfaces/internet/up/distribution', set: 'uniform' }],
    fails: 'still on their way',
  },
} satisfies Scenario
