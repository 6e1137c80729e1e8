import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'PersistentKeepalive = 25 holds the NAT open for an hour',
  claims: ['nat-03', 'nat-04'],
  about: 'The mapping lives 30 seconds, the keepalive comes every 25: the server can speak first at any time.',
  duration: '61m',

  networks: { internet: {}, home: { kind: 'lan', gateway: '192.168.1.1' } },
  nats: {
    router: {
      inside: { home: '192.168.1.1/24' },
      outside: { internet: '203.0.113.77' },
      timeout: '30s',
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
PersistentKeepalive = 25
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

  steps: [{ do: 'ping', at: '1h', name: 'after an hour', from: 'server', to: '10.8.0.2' }],
  expect: [
    { see: 'delivered', name: 'reachable', step: 'after an hour' },
    { see: 'messages', message: 'any', from: 'laptop', between: ['1m', '60m'], count: { min: 140, max: 200 } },
  ],
  twin: {
    about: 'The NAT forgets faster than the keepalive comes.',
    changes: [{ path: '/nats/router/timeout', set: '20s' }],
    fails: 'reachable',
  },
} satisfies Scenario
