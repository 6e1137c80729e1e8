import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A NAT before a narrow line that says nothing is a black hole one hop away',
  about: 'DF is set, the line takes 1400 bytes, and nobody is told.',
  duration: '20s',
  networks: { internet: {}, home: { kind: 'lan', gateway: '192.168.1.1' } },
  nats: {
    router: {
      inside: { home: '192.168.1.1/24' },
      outside: { internet: { address: '203.0.113.77', up: { mtu: 1400 } } },
      too_big: 'silent',
    },
  },
  hosts: {
    laptop: { interfaces: { home: '192.168.1.10/24' } },
    web: { interfaces: { internet: '198.51.100.9' } },
    other: { interfaces: { internet: '198.51.100.8' } },
  },
  steps: [
    { do: 'send', at: '1s', name: 'large', from: 'laptop', to: '198.51.100.9:9', size: 1440, df: true, count: 4 },
  ],
  expect: [
    { see: 'received', name: 'nobody tells', host: 'laptop', what: 'icmp-too-big', count: 0 },
    { see: 'lost', step: 'large', because: ['df-too-big'] },
  ],
  twin: {
    about: 'It says how much fits.',
    changes: [{ path: '/nats/router/too_big', remove: true }],
    fails: 'nobody tells',
  },
} satisfies Scenario
