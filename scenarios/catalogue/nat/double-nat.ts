import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A client behind two NATs needs no port forwarding',
  about: 'A home router behind carrier-grade NAT: as long as the inside speaks first, it is like one NAT.',
  claims: ['nat-01', 'nat-02'],
  duration: '30s',

  networks: {
    internet: {},
    carrier: { kind: 'lan', gateway: '100.64.0.1' },
    home: { kind: 'lan', gateway: '192.168.1.1' },
  },
  nats: {
    cgn: { inside: { carrier: '100.64.0.1/10' }, outside: { internet: '203.0.113.77' }, ports: 'random' },
    router: {
      inside: { home: '192.168.1.1/24' },
      outside: { carrier: { address: '100.64.0.9/10', gateway: '100.64.0.1' } },
    },
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
Endpoint = 198.51.100.1:51820
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
ListenPort = 51820

[Peer]
PublicKey = <laptop.pub>
AllowedIPs = 10.8.0.2/32
`,
      },
    },
  },

  steps: [
    { do: 'ping', at: '1s', name: 'out', from: 'laptop', to: '10.8.0.1', count: 3 },
    { do: 'ping', at: '10s', name: 'back', from: 'server', to: '10.8.0.2', count: 3 },
  ],
  expect: [
    { see: 'delivered', name: 'works', step: 'out' },
    { see: 'delivered', step: 'back' },
  ],
  twin: {
    about: 'The carrier network is cut off from the Internet.',
    changes: [{ path: '/nats/cgn/outside/internet', set: { address: '203.0.113.77', up: { cut: true } } }],
    fails: 'works',
  },
} satisfies Scenario
