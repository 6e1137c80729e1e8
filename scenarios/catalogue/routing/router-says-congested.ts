import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A router whose queue is always full marks whatever understands it',
  about: 'Nothing is dropped for it.',
  duration: '20s',
  networks: { office: { kind: 'lan', gateway: '192.0.2.1' }, internet: {} },
  routers: {
    gate: { interfaces: { office: '192.0.2.1/24', internet: ['198.51.100.1', '192.0.2.254/24'] }, ecn: 'mark' },
  },
  hosts: { alice: { interfaces: { office: '192.0.2.2/24' } }, bob: { interfaces: { internet: '203.0.113.9' } } },
  steps: [
    { do: 'send', at: '1s', name: 'voice', from: 'alice', to: '203.0.113.9:9', count: 10, interval: '50ms', tos: 186 },
  ],
  expect: [
    { see: 'delivered', step: 'voice' },
    { see: 'marked', name: 'as they arrive', host: 'bob', layer: 'wire', ecn: 3, count: 10 },
  ],
  twin: { about: 'It does not mark.', changes: [{ path: '/routers/gate/ecn', remove: true }], fails: 'as they arrive' },
} satisfies Scenario
