import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'Two NATs in a row: the outer one damages the error, the inner one throws it away',
  about:
    'The outer NAT translates the packet quoted in an ICMP error and leaves its header checksum as it was. The laptop would not mind; the inner NAT does (RFC 5508 REQ-3), and the laptop is not told that nobody listens.',
  duration: '30s',
  networks: {
    internet: {},
    street: { kind: 'lan', gateway: '100.64.0.1' },
    home: { kind: 'lan', gateway: '192.168.1.1' },
  },
  nats: {
    carrier: {
      inside: { street: '100.64.0.1/24' },
      outside: { internet: '203.0.113.77' },
      icmp_errors: 'bad-checksum',
    },
    router: { inside: { home: '192.168.1.1/24' }, outside: { street: '100.64.0.9/24' } },
  },
  hosts: {
    laptop: { interfaces: { home: '192.168.1.10/24' } },
    server: { interfaces: { internet: '198.51.100.1' } },
  },
  steps: [
    {
      do: 'send',
      at: '1s',
      name: 'to a closed port',
      from: 'laptop',
      to: '198.51.100.1:4242',
      count: 3,
    },
  ],
  expect: [
    {
      see: 'dropped',
      name: 'the inner NAT sees the damage',
      because: 'icmp-bad-quote',
      at: 'router',
      count: 3,
    },
    {
      see: 'received',
      name: 'nobody tells the laptop',
      host: 'laptop',
      what: 'icmp-unreachable',
      count: 0,
    },
  ],
  twin: {
    about: 'The outer NAT does it right.',
    changes: [{ path: '/nats/carrier/icmp_errors', set: 'translate' }],
    fails: 'nobody tells the laptop',
  },
} satisfies Scenario
