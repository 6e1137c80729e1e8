import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A program that waits ten seconds and no longer sees an error that TCP itself would not',
  about: 'The line is dark for twenty seconds. TCP would go on after it.',
  duration: '3m',
  networks: { internet: {} },
  hosts: {
    alice: { interfaces: { internet: { address: '198.51.100.1', up: { blackouts: [{ at: '0s', for: '20s' }] } } } },
    bob: { interfaces: { internet: '203.0.113.2' } },
  },
  steps: [{ do: 'tcp', at: '1s', name: 'page', from: 'alice', to: '203.0.113.2:80', bytes: 1000, deadline: '10s' }],
  expect: [{ see: 'broken', name: 'given up', step: 'page', because: 'not finished' }],
  twin: { about: 'As patient as TCP.', changes: [{ path: '/steps/0/deadline', remove: true }], fails: 'given up' },
} satisfies Scenario
