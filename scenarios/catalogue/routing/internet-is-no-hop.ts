import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A network whose routers do not count is not seen by traceroute',
  about: 'One hop is all that the datagram may go, and it arrives.',
  duration: '20s',
  networks: { internet: { ttl: 'keep' } },
  hosts: { alice: { interfaces: { internet: '203.0.113.2' } }, bob: { interfaces: { internet: '203.0.113.9' } } },
  steps: [{ do: 'send', at: '1s', name: 'one hop', from: 'alice', to: '203.0.113.9:9', ttl: 1 }],
  expect: [{ see: 'delivered', name: 'not counted', step: 'one hop' }],
  twin: { about: 'It counts.', changes: [{ path: '/networks/internet/ttl', remove: true }], fails: 'not counted' },
} satisfies Scenario
