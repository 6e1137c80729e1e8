import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A cable of which one direction breaks lets the other side speak',
  about: 'What alice sends is lost, what is sent to her arrives: half of a cable.',
  duration: '10s',
  networks: { internet: {} },
  hosts: { alice: { interfaces: { internet: '198.51.100.1' } }, bob: { interfaces: { internet: '203.0.113.2' } } },
  steps: [
    { do: 'link', at: '1s', node: 'alice', network: 'internet', direction: 'up', set: { cut: true } },
    { do: 'send', at: '2s', name: 'out', from: 'alice', to: '203.0.113.2:9' },
    { do: 'send', at: '2s', name: 'in', from: 'bob', to: '198.51.100.1:9' },
  ],
  expect: [
    { see: 'lost', step: 'out', because: ['link-cut'] },
    { see: 'delivered', name: 'the other way works', step: 'in' },
  ],
  twin: {
    about: 'Both directions break.',
    changes: [{ path: '/steps/0/direction', set: 'both' }],
    fails: 'the other way works',
  },
} satisfies Scenario
