import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A NAT that translates an ICMP error but not the packet in it makes a black hole',
  about:
    'The path carries 1400 bytes, and a router says so. The NAT gives the error to the laptop, but the packet quoted in it still has the outside address: the laptop has never sent such a packet, and learns nothing.',
  claims: ['mtu-01'],
  duration: '30s',
  networks: { internet: {}, home: { kind: 'lan', gateway: '192.168.1.1' } },
  nats: {
    router: {
      inside: { home: '192.168.1.1/24' },
      outside: { internet: '203.0.113.77' },
      icmp_errors: 'outer-only',
    },
  },
  hosts: {
    laptop: { interfaces: { home: '192.168.1.10/24' } },
    web: { interfaces: { internet: { address: '198.51.100.9', down: { mtu: 1400 } } } },
  },
  steps: [
    { do: 'tcp', at: '1s', name: 'a few words', from: 'laptop', to: '198.51.100.9:443', bytes: 1000 },
    { do: 'tcp', at: '5s', name: 'upload', from: 'laptop', to: '198.51.100.9:443', bytes: 100_000 },
  ],
  expect: [
    { see: 'completed', step: 'a few words', within: '1s' },
    { see: 'stalled', name: 'large ones hang', step: 'upload', bytes: 0, for: '20s' },
    {
      see: 'received',
      name: 'though the error arrives',
      host: 'laptop',
      what: 'icmp-too-big',
      count: { min: 5 },
    },
  ],
  twin: {
    about: 'The quoted packet is translated too.',
    changes: [{ path: '/nats/router/icmp_errors', set: 'translate' }],
    fails: 'large ones hang',
  },
} satisfies Scenario
