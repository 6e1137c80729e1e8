import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'What a router may say is a list: too big, no way, too far, nobody here',
  about: 'Administrators who "block ICMP" block four different things. This one is allowed to say all of them.',
  duration: '20s',
  networks: { office: { kind: 'lan', gateway: '192.0.2.1' }, internet: {} },
  routers: {
    gate: {
      interfaces: {
        office: '192.0.2.1/24',
        internet: { address: ['198.51.100.1', '192.0.2.254/24'], up: { mtu: 1400 } },
      },
      icmp: ['too-big', 'no-route', 'time-exceeded', 'port-unreachable'],
      block: [{ with: '203.0.113.8', how: 'reject' }],
    },
  },
  hosts: {
    alice: { interfaces: { office: '192.0.2.2/24' } },
    bob: { interfaces: { internet: '203.0.113.2' } },
    carol: { interfaces: { internet: '203.0.113.8' } },
  },
  steps: [
    { do: 'send', at: '1s', name: 'large', from: 'alice', to: '203.0.113.2:9', size: 1440, df: true },
    { do: 'send', at: '1s', name: 'far', from: 'alice', to: '203.0.113.2:9', ttl: 1 },
    { do: 'send', at: '1s', name: 'to the router', from: 'alice', to: '192.0.2.1:9' },
    { do: 'send', at: '1s', name: 'refused', from: 'alice', to: '203.0.113.8:9' },
  ],
  expect: [
    { see: 'received', name: 'too big', host: 'alice', what: 'icmp-too-big', count: 1 },
    { see: 'received', name: 'too far', host: 'alice', what: 'icmp-time-exceeded', count: 1 },
    { see: 'received', name: 'no way, and nobody here', host: 'alice', what: 'icmp-unreachable', count: 2 },
  ],
  twin: {
    about: 'It may not say that something is too big.',
    changes: [{ path: '/routers/gate/icmp', set: ['no-route', 'time-exceeded', 'port-unreachable'] }],
    fails: 'too big',
  },
} satisfies Scenario
