import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A forwarded TCP port makes a web server at home reachable',
  about: 'The default of a rule is UDP, as of most that people write for WireGuard.',
  duration: '20s',
  networks: { internet: {}, home: { kind: 'lan', gateway: '192.168.1.1' } },
  nats: {
    router: {
      inside: { home: '192.168.1.1/24' },
      outside: { internet: '203.0.113.77' },
      forward: [{ protocol: 'tcp', port: 443, to: '192.168.1.10:443' }],
    },
  },
  hosts: { nas: { interfaces: { home: '192.168.1.10/24' } }, friend: { interfaces: { internet: '198.51.100.9' } } },
  steps: [
    {
      do: 'tcp',
      at: '1s',
      name: 'page',
      from: 'friend',
      to: '203.0.113.77:443',
      bytes: 5000,
      direction: 'down',
      deadline: '10s',
    },
  ],
  expect: [{ see: 'completed', name: 'reachable', step: 'page' }],
  twin: {
    about: 'The rule is about UDP.',
    changes: [{ path: '/nats/router/forward/0/protocol', remove: true }],
    fails: 'reachable',
  },
} satisfies Scenario
