import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'On port 4500 only one machine behind the router gets through',
  about:
    'Routers with an IPsec pass-through keep the ports 500 and 4500 for one inner host at a time. WireGuard on port 4500 is taken for it: the second laptop is silent as long as the first one speaks.',
  duration: '30s',
  networks: { internet: {}, home: { kind: 'lan', gateway: '192.168.1.1' } },
  nats: {
    router: { inside: { home: '192.168.1.1/24' }, outside: { internet: '203.0.113.77' }, alg: ['ipsec'] },
  },
  hosts: {
    laptop: {
      interfaces: { home: '192.168.1.10/24' },
      wg: {
        wg0: `[Interface]
PrivateKey = <laptop>
Address = 10.8.0.2/24

[Peer]
PublicKey = <server.pub>
Endpoint = 198.51.100.1:4500
AllowedIPs = 10.8.0.0/24
`,
      },
    },
    server: {
      interfaces: { internet: '198.51.100.1' },
      wg: {
        wg0: `[Interface]
PrivateKey = <server>
Address = 10.8.0.1/24
ListenPort = 4500

[Peer]
PublicKey = <laptop.pub>
AllowedIPs = 10.8.0.2/32

[Peer]
PublicKey = <tablet.pub>
AllowedIPs = 10.8.0.3/32
`,
      },
    },
    tablet: {
      interfaces: { home: '192.168.1.11/24' },
      wg: {
        wg0: `[Interface]
PrivateKey = <tablet>
Address = 10.8.0.3/24

[Peer]
PublicKey = <server.pub>
Endpoint = 198.51.100.1:4500
AllowedIPs = 10.8.0.0/24
`,
      },
    },
  },
  steps: [
    { do: 'ping', at: '1s', name: 'the first', from: 'laptop', to: '10.8.0.1', count: 10 },
    { do: 'ping', at: '3s', name: 'the second', from: 'tablet', to: '10.8.0.1', count: 5 },
  ],
  expect: [
    { see: 'delivered', step: 'the first' },
    { see: 'lost', name: 'the second is shut out', step: 'the second' },
    {
      see: 'dropped',
      name: 'by the gateway',
      because: 'alg-refused',
      at: 'router',
      count: { min: 1 },
    },
  ],
  twin: {
    about: 'A router without that gateway.',
    changes: [{ path: '/nats/router/alg', remove: true }],
    fails: 'the second is shut out',
  },
} satisfies Scenario
