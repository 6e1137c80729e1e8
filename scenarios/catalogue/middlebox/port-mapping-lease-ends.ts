import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A port that was asked for closes with its lease, in the middle of a session',
  about:
    'By NAT-PMP, PCP or UPnP bob gets a port for a minute and does not ask again. Traffic does not prolong a lease. The session on both sides is alive and well; only nothing arrives.',
  duration: '150s',
  networks: { internet: {}, home: { kind: 'lan', gateway: '192.168.1.1' } },
  nats: { router: { inside: { home: '192.168.1.1/24' }, outside: { internet: '203.0.113.77' } } },
  hosts: {
    alice: {
      interfaces: { internet: '198.51.100.1' },
      wg: {
        wg0: `[Interface]
PrivateKey = <alice>
Address = 10.9.0.1/24
ListenPort = 51820

[Peer]
PublicKey = <bob.pub>
Endpoint = 203.0.113.77:51820
AllowedIPs = 10.9.0.2/32
`,
      },
    },
    bob: {
      interfaces: { home: '192.168.1.10/24' },
      wg: {
        wg0: `[Interface]
PrivateKey = <bob>
Address = 10.9.0.2/24
ListenPort = 51820

[Peer]
PublicKey = <alice.pub>
AllowedIPs = 10.9.0.1/32
`,
      },
    },
  },
  steps: [
    {
      do: 'nat',
      at: '0s',
      nat: 'router',
      map: { port: 51820, to: '192.168.1.10:51820', lease: '1m' },
    },
    { do: 'ping', at: '1s', name: 'with the lease', from: 'alice', to: '10.9.0.2', count: 50 },
    { do: 'ping', at: '61s', name: 'after the lease', from: 'alice', to: '10.9.0.2', count: 5 },
  ],
  expect: [
    { see: 'delivered', step: 'with the lease' },
    { see: 'lost', name: 'closed', step: 'after the lease', because: ['nat-no-mapping'] },
  ],
  twin: {
    about: 'A lease of two hours.',
    changes: [{ path: '/steps/0/map/lease', set: '2h' }],
    fails: 'closed',
  },
} satisfies Scenario
