import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A program that asks for a name that does not exist gets no address',
  about: 'One name was never there, the other is taken away while the program runs.',
  duration: '20s',
  networks: { internet: {} },
  hosts: {
    alice: { interfaces: { internet: '198.51.100.1' }, resolver: '203.0.113.53' },
    provider: { interfaces: { internet: '203.0.113.53' } },
  },
  names: { 'never.example.com': 'no-such-name', 'once.example.com': '10.0.0.80' },
  steps: [
    { do: 'lookup', at: '1s', name: 'never', host: 'alice', domain: 'never.example.com' },
    { do: 'lookup', at: '2s', name: 'before', host: 'alice', domain: 'once.example.com' },
    { do: 'dns', at: '5s', domain: 'once.example.com', to: 'no-such-name' },
    { do: 'lookup', at: '6s', name: 'after', host: 'alice', domain: 'once.example.com' },
  ],
  expect: [
    { see: 'lost', name: 'it was never there', step: 'never' },
    { see: 'delivered', step: 'before' },
    { see: 'lost', name: 'it is gone', step: 'after' },
  ],
  twin: {
    about: 'The name stays.',
    changes: [{ path: '/steps/2/to', set: '10.0.0.81' }],
    fails: 'it is gone',
  },
} satisfies Scenario
