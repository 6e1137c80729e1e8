import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A web server at home asks its router for a TCP port, and gets it',
  about: 'What most programs ask for is UDP; the default of the step is that too.',
  duration: '20s',
  networks: { internet: {}, home: { kind: 'lan', gateway: '192.168.1.1' } },
  nats: { router: { inside: { home: '192.168.1.1/24' }, outside: { internet: '203.0.113.77' } } },
  hosts: { nas: { interfaces: { home: '192.168.1.10/24' } }, friend: { interfaces: { internet: '198.51.100.9' } } },
  steps: [
    { do: 'nat', at: '1s', nat: 'router', map: { protocol: 'tcp', port: 443, to: '192.168.1.10:443' } },
    {
      do: 'tcp',
      at: '3s',
      name: 'page',
      from: 'friend',
      to: '203.0.113.77:443',
      bytes: 5000,
      direction: 'down',
      deadline: '10s',
    },
  ],
  expect: [{ see: 'completed', name: 'reachable', step: 'page' }],
  twin: { about: 'It asks for UDP.', changes: [{ path: '/steps/0/map/protocol', remove: true }], fails: 'reachable' },
} satisfies Scenario
