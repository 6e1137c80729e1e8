import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A network that bleaches both marks delivers voice as anything else',
  about: 'DSCP 46 and "understands congestion" are both gone at the other end.',
  duration: '20s',
  networks: { internet: { ecn: 'bleach', dscp: 'bleach' } },
  hosts: { alice: { interfaces: { internet: '203.0.113.2' } }, bob: { interfaces: { internet: '203.0.113.9' } } },
  steps: [
    { do: 'send', at: '1s', name: 'voice', from: 'alice', to: '203.0.113.9:9', count: 10, interval: '50ms', tos: 186 },
  ],
  expect: [
    { see: 'delivered', step: 'voice' },
    { see: 'marked', name: 'as they arrive', host: 'bob', layer: 'wire', ecn: 0, dscp: 0, count: 10 },
  ],
  twin: {
    about: 'The ECN bits are left alone.',
    changes: [{ path: '/networks/internet/ecn', remove: true }],
    fails: 'as they arrive',
  },
} satisfies Scenario
