import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'An error that comes to the wrong server leaves the right one in the dark',
  about:
    'The reply of the server is too large for the way to the client. The router there says so to the address of the balancer, which picks the server by who says it.',
  duration: '30s',
  networks: { internet: {}, rack: { kind: 'lan', gateway: '10.0.0.1' } },
  routers: {
    balancer: {
      interfaces: { internet: '198.51.100.1', rack: '10.0.0.1/24' },
      balance: { address: '198.51.100.1', servers: ['10.0.0.11', '10.0.0.12'], by: 'address', errors: 'by-sender' },
    },
  },
  hosts: {
    client: { interfaces: { internet: { address: '203.0.113.8', down: { mtu: 1400 } } } },
    first: { interfaces: { rack: '10.0.0.11/24' } },
    second: { interfaces: { rack: '10.0.0.12/24' } },
  },
  steps: [
    {
      do: 'tcp',
      at: '1s',
      name: 'page',
      from: 'client',
      to: '198.51.100.1:80',
      bytes: 30000,
      direction: 'down',
      deadline: '20s',
    },
  ],
  expect: [{ see: 'stalled', name: 'hangs', step: 'page' }],
  twin: {
    about: 'By the packet that the error quotes.',
    changes: [{ path: '/routers/balancer/balance/errors', remove: true }],
    fails: 'hangs',
  },
} satisfies Scenario
