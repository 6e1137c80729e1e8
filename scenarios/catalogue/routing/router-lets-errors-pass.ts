import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A router that lets only some ICMP pass decides what its people can find out',
  about: 'Ping works, and so do the errors that others send: this list is whole.',
  duration: '20s',
  networks: { office: { kind: 'lan', gateway: '192.0.2.1' }, internet: {} },
  routers: {
    gate: {
      interfaces: { office: '192.0.2.1/24', internet: ['198.51.100.1', '192.0.2.254/24'] },
      icmp_pass: ['echo', 'too-big', 'unreachable', 'time-exceeded'],
    },
  },
  hosts: {
    alice: { interfaces: { office: '192.0.2.2/24' } },
    bob: { interfaces: { internet: { address: '203.0.113.2', down: { mtu: 1400 } } } },
    carol: { interfaces: { internet: '203.0.113.8' } },
  },
  steps: [
    { do: 'ping', at: '1s', name: 'ping', from: 'alice', to: '203.0.113.2' },
    { do: 'send', at: '1s', name: 'large', from: 'alice', to: '203.0.113.2:9', size: 1440, df: true },
    { do: 'send', at: '1s', name: 'far', from: 'alice', to: '203.0.113.2:9', ttl: 2 },
    { do: 'send', at: '1s', name: 'closed', from: 'alice', to: '203.0.113.2:8' },
  ],
  expect: [
    { see: 'delivered', step: 'ping' },
    { see: 'received', name: 'too big', host: 'alice', what: 'icmp-too-big', count: 1 },
    { see: 'received', name: 'too far', host: 'alice', what: 'icmp-time-exceeded', count: 1 },
    { see: 'received', name: 'closed', host: 'alice', what: 'icmp-unreachable', count: 1 },
  ],
  twin: {
    about: 'Ping alone passes.',
    changes: [{ path: '/routers/gate/icmp_pass', set: ['echo'] }],
    fails: 'too big',
  },
} satisfies Scenario
