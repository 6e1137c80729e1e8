import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'What the routers of others say has to pass the networks in between',
  about:
    'Behind the internet stands a router with a narrow line, and a host with a closed port. All that they say is heard.',
  duration: '20s',
  networks: {
    office: { kind: 'lan', gateway: '192.0.2.1' },
    internet: { icmp_pass: ['echo', 'too-big', 'unreachable', 'time-exceeded'] },
  },
  routers: {
    gate: {
      interfaces: {
        office: { address: '192.0.2.1/24', up: { mtu: 1400 } },
        internet: ['198.51.100.1', '192.0.2.254/24'],
      },
    },
  },
  hosts: {
    alice: { interfaces: { internet: '203.0.113.2' } },
    bob: { interfaces: { office: '192.0.2.2/24' } },
    carol: { interfaces: { office: '192.0.2.3/24' } },
  },
  steps: [
    { do: 'ping', at: '1s', name: 'ping', from: 'alice', to: '192.0.2.2' },
    { do: 'send', at: '1s', name: 'large', from: 'alice', to: '192.0.2.2:9', size: 1440, df: true },
    { do: 'send', at: '1s', name: 'far', from: 'alice', to: '192.0.2.2:9', ttl: 2 },
    { do: 'send', at: '1s', name: 'closed', from: 'alice', to: '192.0.2.2:8' },
  ],
  expect: [
    { see: 'delivered', step: 'ping' },
    { see: 'received', name: 'too big', host: 'alice', what: 'icmp-too-big', count: 1 },
    { see: 'received', name: 'too far', host: 'alice', what: 'icmp-time-exceeded', count: 1 },
    { see: 'received', name: 'closed', host: 'alice', what: 'icmp-unreachable', count: 1 },
  ],
  twin: {
    about: 'Ping alone passes.',
    changes: [{ path: '/networks/internet/icmp_pass', set: ['echo'] }],
    fails: 'too big',
  },
} satisfies Scenario
