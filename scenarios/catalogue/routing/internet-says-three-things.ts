import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'The routers of a network may be told to say some things and not others',
  about: 'Too big, no way, too far: whatever is not on the list is dropped in silence.',
  duration: '20s',
  networks: { internet: { icmp: ['too-big', 'no-route', 'time-exceeded'] } },
  hosts: {
    alice: { interfaces: { internet: '203.0.113.2' } },
    bob: { interfaces: { internet: { address: '203.0.113.9', down: { mtu: 1400 } } } },
  },
  steps: [
    { do: 'send', at: '1s', name: 'large', from: 'alice', to: '203.0.113.9:9', size: 1440, df: true },
    { do: 'send', at: '1s', name: 'far', from: 'alice', to: '203.0.113.9:9', ttl: 1 },
    { do: 'send', at: '1s', name: 'nowhere', from: 'alice', to: '192.0.2.99:9' },
  ],
  expect: [
    { see: 'received', name: 'too big', host: 'alice', what: 'icmp-too-big', count: 1 },
    { see: 'received', name: 'too far', host: 'alice', what: 'icmp-time-exceeded', count: 1 },
    { see: 'received', name: 'no way', host: 'alice', what: 'icmp-unreachable', count: 1 },
  ],
  twin: {
    about: 'It may not say that there is no way.',
    changes: [{ path: '/networks/internet/icmp', set: ['too-big', 'time-exceeded'] }],
    fails: 'no way',
  },
} satisfies Scenario
