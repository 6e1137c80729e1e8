import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A line carries as much in one direction while the other is full',
  about: 'A program sends and receives at once over a megabit each way, and gets more than one in all.',
  duration: '30s',
  networks: { internet: {} },
  hosts: {
    alice: { interfaces: { internet: { address: '198.51.100.1', link: { rate: '1Mbit' } } } },
    bob: { interfaces: { internet: '203.0.113.2' } },
  },
  steps: [{ do: 'tcp', at: '1s', name: 'call', from: 'alice', to: '203.0.113.2:7', bytes: 500_000, direction: 'both' }],
  expect: [
    { see: 'completed', step: 'call' },
    { see: 'goodput', name: 'more than one direction has', step: 'call', at_least: '1050kbit' },
  ],
  twin: {
    about: 'One way alone.',
    changes: [{ path: '/steps/0/direction', set: 'up' }],
    fails: 'more than one direction has',
  },
} satisfies Scenario
