import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'In which order a group goes on is for who holds it to say',
  about:
    'Three datagrams are held until all are there; then the last goes first, and the others as they were. A line that loses the third loses what was the second. Another group waits for its third, and goes in reverse: what came last arrives as the fifth of all, and is lost.',
  duration: '20s',
  networks: { internet: {} },
  hosts: {
    mallory: { interfaces: { internet: '192.0.2.66' }, probe: true },
    alice: { interfaces: { internet: '198.51.100.1' } },
    bob: { interfaces: { internet: { address: '203.0.113.2', down: { lose: [{ nth: [3, 5] }] } } } },
  },
  steps: [
    {
      do: 'probe',
      at: '500ms',
      host: 'mallory',
      act: { kind: 'reorder', from: 'alice', for: '5s', group: 3, order: 'last-first' },
    },
    { do: 'send', at: '1s', name: 'one', from: 'alice', to: '203.0.113.2:9' },
    { do: 'send', at: '1.01s', name: 'two', from: 'alice', to: '203.0.113.2:9' },
    { do: 'send', at: '1.02s', name: 'three', from: 'alice', to: '203.0.113.2:9' },
    { do: 'send', at: '8s', name: 'later', from: 'alice', to: '203.0.113.2:9' },
    { do: 'probe', at: '10s', host: 'mallory', act: { kind: 'reorder', from: 'alice', group: 3, within: '4s' } },
    { do: 'send', at: '11s', name: 'early', from: 'alice', to: '203.0.113.2:9', count: 2 },
    { do: 'send', at: '13s', name: 'last', from: 'alice', to: '203.0.113.2:9' },
  ],
  expect: [
    { see: 'delivered', step: 'one' },
    { see: 'lost', name: 'the second came third', step: 'two', because: ['listed-loss'] },
    { see: 'delivered', step: 'three' },
    { see: 'delivered', name: 'nobody holds it', step: 'later', within: '100ms' },
    { see: 'delivered', step: 'early' },
    { see: 'lost', name: 'the last came first', step: 'last', because: ['listed-loss'] },
  ],
  twin: {
    about: 'In reverse order.',
    changes: [{ path: '/steps/0/act/order', set: 'reverse' }],
    fails: 'the second came third',
  },
} satisfies Scenario
