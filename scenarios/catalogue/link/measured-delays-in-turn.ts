import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'Delays as they were measured are played back one after the other',
  about:
    'Every third packet was caught by a handover and took half a minute. In the order of the measurement it is exactly every third one again.',
  duration: '30s',
  networks: { internet: {} },
  hosts: {
    alice: {
      interfaces: {
        internet: {
          address: '198.51.100.1',
          up: { distribution: { samples: ['0ms', '4ms', '30s'], order: 'given' }, reorder: true },
        },
      },
    },
    bob: { interfaces: { internet: '203.0.113.2' } },
  },
  steps: [{ do: 'send', at: '1s', name: 'beat', from: 'alice', to: '203.0.113.2:9', count: 90, interval: '100ms' }],
  expect: [{ see: 'delivered', name: 'two of three in time', step: 'beat', count: 60, within: '100ms' }],
  twin: {
    about: 'The same delays in a random order.',
    changes: [{ path: '/hosts/alice/interfaces/internet/up/distribution/order', set: 'random' }],
    fails: 'two of three in time',
  },
} satisfies Scenario
