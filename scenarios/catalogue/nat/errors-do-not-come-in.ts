import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A NAT that translates no errors leaves its hosts to find out by waiting',
  about: 'Nobody listens on the port. The server says so, and the NAT throws it away.',
  duration: '20s',
  networks: { internet: {}, home: { kind: 'lan', gateway: '192.168.1.1' } },
  nats: { router: { inside: { home: '192.168.1.1/24' }, outside: { internet: '203.0.113.77' }, icmp: false } },
  hosts: {
    laptop: { interfaces: { home: '192.168.1.10/24' } },
    web: { interfaces: { internet: '198.51.100.9' } },
    other: { interfaces: { internet: '198.51.100.8' } },
  },
  steps: [{ do: 'send', at: '1s', name: 'lonely', from: 'laptop', to: '198.51.100.9:8' }],
  expect: [
    { see: 'received', name: 'nobody tells', host: 'laptop', what: 'icmp-unreachable', count: 0 },
    { see: 'dropped', because: 'nat-icmp-off', at: 'router', count: 1 },
  ],
  twin: {
    about: 'Errors are translated.',
    changes: [{ path: '/nats/router/icmp', remove: true }],
    fails: 'nobody tells',
  },
} satisfies Scenario
