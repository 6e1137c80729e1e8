import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'Where all packets have one number, the loss of a piece spoils the next packet too',
  about:
    'Each datagram is cut in two behind the NAT. The second piece of the first is lost; the second piece of the next fits to it by number, and what comes out is neither.',
  duration: '60s',
  networks: { internet: {}, home: { kind: 'lan', gateway: '192.168.1.1' } },
  nats: { router: { inside: { home: '192.168.1.1/24' }, outside: { internet: '203.0.113.77' }, ip_id: 'zero' } },
  hosts: {
    laptop: { interfaces: { home: '192.168.1.10/24' } },
    web: { interfaces: { internet: { address: '198.51.100.9', down: { mtu: 1000, lose: [{ nth: [2] }] } } } },
  },
  steps: [
    {
      do: 'send',
      at: '1s',
      name: 'stream',
      from: 'laptop',
      to: '198.51.100.9:9',
      count: 6,
      size: 1200,
      interval: '100ms',
    },
  ],
  expect: [{ see: 'lost', name: 'two for one', step: 'stream', count: 2 }],
  twin: {
    about: 'Each packet keeps its number.',
    changes: [{ path: '/nats/router/ip_id', remove: true }],
    fails: 'two for one',
  },
} satisfies Scenario
