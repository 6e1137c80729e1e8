import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'Two hosts behind one NAT reach each other by its outside address if it hairpins',
  about: 'Both configurations name the outside address of the common router.',
  claims: ['nat-11', 'nat-12'],
  duration: '60s',
  networks: { internet: {}, home: { kind: 'lan', gateway: '192.168.1.1' } },
  nats: {
    router: {
      inside: { home: '192.168.1.1/24' },
      outside: { internet: '203.0.113.77' },
      filtering: 'endpoint-independent',
      hairpin: 'external',
    },
  },
  hosts: {
    ann: {
      interfaces: { home: '192.168.1.10/24' },
      wg: {
        wg0: `[Interface]
PrivateKey = <ann>
Address = 10.4.0.1/24
ListenPort = 51821

[Peer]
PublicKey = <ben.pub>
Endpoint = 203.0.113.77:51822
AllowedIPs = 10.4.0.2/32
PersistentKeepalive = 25
`,
      },
    },
    ben: {
      interfaces: { home: '192.168.1.11/24' },
      wg: {
        wg0: `[Interface]
PrivateKey = <ben>
Address = 10.4.0.2/24
ListenPort = 51822

[Peer]
PublicKey = <ann.pub>
Endpoint = 203.0.113.77:51821
AllowedIPs = 10.4.0.1/32
PersistentKeepalive = 20
`,
      },
    },
  },
  steps: [{ do: 'ping', at: '30s', name: 'neighbours', from: 'ann', to: '10.4.0.2', count: 3 }],
  expect: [
    { see: 'delivered', name: 'by the hairpin', step: 'neighbours' },
    { see: 'endpoint', host: 'ann', peer: 'ben', is: '203.0.113.77:51822' },
  ],
  twin: {
    about: 'The router does not hairpin.',
    changes: [{ path: '/nats/router/hairpin', set: 'off' }],
    fails: 'by the hairpin',
  },
} satisfies Scenario
