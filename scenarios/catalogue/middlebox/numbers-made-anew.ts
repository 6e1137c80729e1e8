import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A NAT that numbers packets anew heals what the box before it has spoiled',
  about:
    'The router at home gives all packets the number zero. The carrier counts: each datagram keeps its own pieces, and the loss of one spoils no other.',
  duration: '60s',
  networks: {
    internet: {},
    street: { kind: 'lan', gateway: '100.64.0.1' },
    home: { kind: 'lan', gateway: '192.168.1.1' },
  },
  nats: {
    router: { inside: { home: '192.168.1.1/24' }, outside: { street: '100.64.0.2/24' }, ip_id: 'zero' },
    carrier: { inside: { street: '100.64.0.1/24' }, outside: { internet: '203.0.113.77' }, ip_id: 'rewrite' },
  },
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
  expect: [{ see: 'lost', name: 'one for one', step: 'stream', count: 1 }],
  twin: {
    about: 'The carrier keeps the zeros.',
    changes: [{ path: '/nats/carrier/ip_id', remove: true }],
    fails: 'one for one',
  },
} satisfies Scenario
