import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A shuffled group has neither its first nor its last in front',
  about:
    'Two hundred datagrams of two kinds are held and shuffled; a line loses the first hundred. About half of each kind is among them.',
  duration: '20s',
  networks: { internet: {} },
  hosts: {
    mallory: { interfaces: { internet: '192.0.2.66' }, probe: true },
    alice: { interfaces: { internet: '198.51.100.1' } },
    bob: {
      interfaces: {
        internet: {
          address: '203.0.113.2',
          down: { lose: [{ nth: Array.from({ length: 100 }, (_, index) => index + 1) }] },
        },
      },
    },
  },
  steps: [
    {
      do: 'probe',
      at: '500ms',
      host: 'mallory',
      act: { kind: 'reorder', from: 'alice', group: 200, order: 'shuffle' },
    },
    { do: 'send', at: '1s', name: 'one', from: 'alice', to: '203.0.113.2:9', count: 100, interval: '1ms' },
    { do: 'send', at: '1.1s', name: 'two', from: 'alice', to: '203.0.113.2:9', count: 100, interval: '1ms' },
  ],
  expect: [
    { see: 'delivered', name: 'half of the first', step: 'one', count: { min: 30, max: 70 } },
    { see: 'delivered', name: 'half of the second', step: 'two', count: { min: 30, max: 70 } },
  ],
  twin: {
    about: 'In reverse order: the second hundred goes first.',
    changes: [{ path: '/steps/0/act/order', set: 'reverse' }],
    fails: 'half of the first',
  },
} satisfies Scenario
