import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'Behind a balancer that goes by ports, a new mapping means another server',
  about:
    "Both servers have the same key. The balancer remembers nothing: it takes the server from a hash of the client's address and port. When the NAT gives the session another port, the packets come to a server that does not know the session. It takes the client 15 seconds to notice and to shake hands again.",
  duration: '60s',
  networks: {
    internet: {},
    home: { kind: 'lan', gateway: '192.168.1.1' },
    rack: { kind: 'lan', gateway: '10.0.0.1' },
  },
  nats: { router: { inside: { home: '192.168.1.1/24' }, outside: { internet: '203.0.113.77' } } },
  routers: {
    balancer: {
      interfaces: { internet: '198.51.100.1', rack: '10.0.0.1/24' },
      balance: { address: '198.51.100.1', servers: ['10.0.0.11', '10.0.0.12'] },
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
  steps: [
    { do: 'ping', at: '1s', name: 'before', from: 'laptop', to: '10.8.0.1', count: 5 },
    { do: 'nat', at: '10s', nat: 'router', rebind: 'port' },
    { do: 'ping', at: '11s', name: 'right after', from: 'laptop', to: '10.8.0.1', count: 10 },
    { do: 'ping', at: '40s', name: 'much later', from: 'laptop', to: '10.8.0.1', count: 5 },
  ],
  expect: [
    { see: 'delivered', step: 'before' },
    {
      see: 'lost',
      name: 'the other server knows nothing',
      step: 'right after',
      count: { min: 5 },
      because: ['unknown-session'],
    },
    { see: 'delivered', name: 'healed by a handshake', step: 'much later' },
  ],
  twin: {
    about: 'The balancer goes by the address alone.',
    changes: [{ path: '/routers/balancer/balance/by', set: 'address' }],
    fails: 'the other server knows nothing',
  },
} satisfies Scenario
