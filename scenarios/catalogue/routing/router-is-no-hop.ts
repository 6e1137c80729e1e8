import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A router that does not count is not seen by traceroute',
  about: 'Two hops would be needed, this one and the internet.',
  duration: '20s',
  networks: { office: { kind: 'lan', gateway: '192.0.2.1' }, internet: {} },
  routers: {
    gate: { interfaces: { office: '192.0.2.1/24', internet: ['198.51.100.1', '192.0.2.254/24'] }, ttl: 'keep' },
  },
  hosts: {
    alice: { interfaces: { office: '192.0.2.2/24' } },
    bob: { interfaces: { internet: '203.0.113.2' } },
    carol: { interfaces: { internet: '203.0.113.8' } },
  },
  steps: [{ do: 'send', at: '1s', name: 'one hop', from: 'alice', to: '203.0.113.2:9', ttl: 2 }],
  expect: [{ see: 'delivered', name: 'not counted', step: 'one hop' }],
  twin: { about: 'It counts.', changes: [{ path: '/routers/gate/ttl', remove: true }], fails: 'not counted' },
} satisfies Scenario
