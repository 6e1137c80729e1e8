import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A balancer that takes the servers in turn gives each of them half of a session',
  about:
    'The first packet makes the session with one server; the next one comes to the other, which knows nothing of it.',
  duration: '40s',
  networks: { internet: {}, home: { kind: 'lan', gateway: '192.168.1.1' }, rack: { kind: 'lan', gateway: '10.0.0.1' } },
  nats: { router: { inside: { home: '192.168.1.1/24' }, outside: { internet: '203.0.113.77' } } },
  routers: {
    balancer: {
      interfaces: { internet: '198.51.100.1', rack: '10.0.0.1/24' },
      balance: { address: '198.51.100.1', servers: ['10.0.0.11', '10.0.0.12'], by: 'packet' },
    },
  },
  hosts: {
    laptop: {
      interfaces: { home: '192.168.1.10/24' },
      wg: {
        wg0: `[Interface]
PrivateKey = <laptop>
Address = 10.8.0.2/24
ListenPort = 51821

[Peer]
PublicKey = <server.pub>
Endpoint = 198.51.100.1:51820
AllowedIPs = 10.8.0.0/24
`,
      },
    },
    first: {
      interfaces: { rack: '10.0.0.11/24' },
      wg: {
        wg0: `[Interface]
PrivateKey = <server>
Address = 10.8.0.1/24
ListenPort = 51820

[Peer]
PublicKey = <laptop.pub>
AllowedIPs = 10.8.0.2/32
`,
      },
    },
    second: {
      interfaces: { rack: '10.0.0.12/24' },
      wg: {
        wg0: `[Interface]
PrivateKey = <server>
Address = 10.8.0.1/24
ListenPort = 51820

[Peer]
PublicKey = <laptop.pub>
AllowedIPs = 10.8.0.2/32
`,
      },
    },
  },
  steps: [{ do: 'ping', at: '1s', name: 'stream', from: 'laptop', to: '10.8.0.1', count: 20 }],
  expect: [{ see: 'lost', name: 'half of it astray', step: 'stream', count: { min: 5 } }],
  twin: {
    about: 'A session stays with its server.',
    changes: [{ path: '/routers/balancer/balance/by', remove: true }],
    fails: 'half of it astray',
  },
} satisfies Scenario
