import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A train that enters a tunnel every ten seconds loses two seconds each time',
  about: 'One row of times says all of them.',
  duration: '41s',
  networks: { internet: {} },
  hosts: {
    alice: {
      interfaces: { internet: { address: '198.51.100.1', up: { blackouts: [{ at: '5s', for: '2s', every: '10s' }] } } },
    },
    bob: { interfaces: { internet: '203.0.113.2' } },
  },
  steps: [{ do: 'send', at: '50ms', name: 'beat', from: 'alice', to: '203.0.113.2:9', count: 400, interval: '100ms' }],
  expect: [{ see: 'lost', name: 'in every tunnel', step: 'beat', count: 80, because: ['blackout'] }],
  twin: {
    about: 'The tunnel is there once.',
    changes: [{ path: '/hosts/alice/interfaces/internet/up/blackouts/0/every', remove: true }],
    fails: 'in every tunnel',
  },
} satisfies Scenario
