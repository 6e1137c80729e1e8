import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A router that says yes to a port and does nothing',
  about: 'The answer to UPnP is a success, and nothing is forwarded. Only a packet from outside shows it.',
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
      map: { port: 51820, to: '192.168.1.10:51820', lie: 'nothing' },
    },
    { do: 'ping', at: '1s', name: 'from outside', from: 'alice', to: '10.9.0.2', count: 3 },
  ],
  expect: [
    { see: 'lost', name: 'nothing arrives', step: 'from outside' },
    {
      see: 'dropped',
      name: 'at the router',
      because: 'nat-no-mapping',
      at: 'router',
      count: { min: 3 },
    },
  ],
  twin: {
    about: 'The router does what it says.',
    changes: [{ path: '/steps/0/map/lie', remove: true }],
    fails: 'nothing arrives',
  },
} satisfies Scenario
