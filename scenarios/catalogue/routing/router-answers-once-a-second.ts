import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A router that answers once a second leaves most of a traceroute in the dark',
  about: 'Five datagrams die there within fifty milliseconds.',
  duration: '20s',
  networks: { office: { kind: 'lan', gateway: '192.0.2.1' }, internet: {} },
  routers: {
    gate: { interfaces: { office: '192.0.2.1/24', internet: ['198.51.100.1', '192.0.2.254/24'] }, errors_per_s: 1 },
  },
  hosts: {
    alice: { interfaces: { office: '192.0.2.2/24' } },
    bob: { interfaces: { internet: '203.0.113.2' } },
    carol: { interfaces: { internet: '203.0.113.8' } },
  },
  steps: [
    { do: 'send', at: '1s', name: 'far', from: 'alice', to: '203.0.113.2:9', ttl: 1, count: 5, interval: '10ms' },
  ],
  expect: [{ see: 'received', name: 'one answer', host: 'alice', what: 'icmp-time-exceeded', count: 1 }],
  twin: {
    about: 'It answers each.',
    changes: [{ path: '/routers/gate/errors_per_s', remove: true }],
    fails: 'one answer',
  },
} satisfies Scenario
