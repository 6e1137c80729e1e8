import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'With ECN a full queue slows TCP down without losing a byte',
  about:
    'The line marks whatever understands marks. A connection that asked for ECN takes each mark as a loss, and becomes slow; one that did not never notices.',
  duration: '60s',
  networks: { internet: { link: { delay: '10ms', rate: '20Mbit' }, ecn: 'mark' } },
  hosts: { alice: { interfaces: { internet: '198.51.100.1' } }, bob: { interfaces: { internet: '203.0.113.2' } } },
  steps: [{ do: 'tcp', at: '1s', name: 'page', from: 'alice', to: '203.0.113.2:80', bytes: 1000000, ecn: true }],
  expect: [{ see: 'goodput', name: 'slowed by marks', step: 'page', at_most: '3Mbit' }],
  twin: {
    about: 'It does not ask for ECN.',
    changes: [{ path: '/steps/0/ecn', remove: true }],
    fails: 'slowed by marks',
  },
} satisfies Scenario
