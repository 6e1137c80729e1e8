import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A network that drops what is too large and says nothing is the black hole of the books',
  about: 'DF is set, 1400 bytes fit.',
  duration: '20s',
  networks: { internet: { too_big: 'silent' } },
  hosts: {
    alice: { interfaces: { internet: '203.0.113.2' } },
    bob: { interfaces: { internet: { address: '203.0.113.9', down: { mtu: 1400 } } } },
  },
  steps: [{ do: 'send', at: '1s', name: 'large', from: 'alice', to: '203.0.113.9:9', size: 1440, df: true, count: 3 }],
  expect: [
    { see: 'lost', step: 'large' },
    { see: 'received', name: 'nobody tells', host: 'alice', what: 'icmp-too-big', count: 0 },
  ],
  twin: {
    about: 'It says how much fits.',
    changes: [{ path: '/networks/internet/too_big', remove: true }],
    fails: 'nobody tells',
  },
} satisfies Scenario
