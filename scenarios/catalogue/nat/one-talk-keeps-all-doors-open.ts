import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'In a NAT that refreshes by mapping, talk with one peer keeps the door open for all',
  about:
    'The laptop talks to the server alone. The friend, with whom it has been silent for a minute, may still come in.',
  duration: '2m',
  networks: { internet: {}, home: { kind: 'lan', gateway: '192.168.1.1' } },
  nats: {
    router: {
      inside: { home: '192.168.1.1/24' },
      outside: { internet: '203.0.113.77' },
      timeout: '120s',
      filter_timeout: '60s',
      refresh_scope: 'mapping',
    },
  },
  hosts: {
    laptop: {
      interfaces: { home: '192.168.1.10/24' },
      wg: {
        wg0: `[Interface]
PrivateKey = <laptop>
Address = 10.8.0.2/24
ListenPort = 51820

[Peer]
PublicKey = <server.pub>
Endpoint = 198.51.100.1:51820
AllowedIPs = 10.8.0.1/32
PersistentKeepalive = 25

[Peer]
PublicKey = <friend.pub>
Endpoint = 198.51.100.9:51820
AllowedIPs = 10.8.0.9/32
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
    friend: {
      interfaces: { internet: '198.51.100.9' },
      wg: {
        wg0: `[Interface]
PrivateKey = <friend>
Address = 10.8.0.9/24
ListenPort = 51820

[Peer]
PublicKey = <laptop.pub>
AllowedIPs = 10.8.0.2/32
`,
      },
    },
  },
  steps: [
    { do: 'ping', at: '1s', name: 'hello', from: 'laptop', to: '10.8.0.9' },
    { do: 'ping', at: '90s', name: 'friend comes', from: 'friend', to: '10.8.0.2' },
  ],
  expect: [{ see: 'delivered', name: 'let in', step: 'friend comes' }],
  twin: {
    about: 'A packet refreshes its own remote end.',
    changes: [{ path: '/nats/router/refresh_scope', remove: true }],
    fails: 'let in',
  },
} satisfies Scenario
