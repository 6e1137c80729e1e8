import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'Two clients behind one Linux router with the same ListenPort both work',
  about: 'The first keeps its port; for the second the answers could not be told apart, so it gets another one.',
  claims: ['nat-12'],
  duration: '60s',
  networks: {
    internet: {},
    home: {
      kind: 'lan',
      gateway: '192.168.1.1',
    },
  },
  nats: {
    router: {
      inside: {
        home: '192.168.1.1/24',
      },
      outside: {
        internet: '203.0.113.77',
      },
      preset: 'linux-masquerade',
    },
  },
  hosts: {
    ann: {
      interfaces: {
        home: '192.168.1.10/24',
      },
      wg: {
        wg0: `[Interface]
PrivateKey = <ann>
Address = 10.8.0.2/24
ListenPort = 51820

[Peer]
PublicKey = <server.pub>
Endpoint = 198.51.100.1:51820
AllowedIPs = 10.8.0.0/24
PersistentKeepalive = 25
`,
      },
    },
    ben: {
      interfaces: {
        home: '192.168.1.11/24',
      },
      wg: {
        wg0: `[Interface]
PrivateKey = <ben>
Address = 10.8.0.3/24
ListenPort = 51820

[Peer]
PublicKey = <server.pub>
Endpoint = 198.51.100.1:51820
AllowedIPs = 10.8.0.0/24
PersistentKeepalive = 25
`,
      },
    },
    server: {
      interfaces: {
        internet: '198.51.100.1',
      },
      wg: {
        wg0: `[Interface]
PrivateKey = <server>
Address = 10.8.0.1/24
ListenPort = 51820

[Peer]
PublicKey = <ann.pub>
AllowedIPs = 10.8.0.2/32

[Peer]
PublicKey = <ben.pub>
AllowedIPs = 10.8.0.3/32
`,
      },
    },
  },
  steps: [
    {
      do: 'ping',
      at: '5s',
      name: 'ann reaches it',
      from: 'ann',
      to: '10.8.0.1',
      count: 3,
    },
    {
      do: 'ping',
      at: '5s',
      name: 'ben reaches it',
      from: 'ben',
      to: '10.8.0.1',
      count: 3,
    },
    {
      do: 'ping',
      at: '30s',
      name: 'and back',
      from: 'server',
      to: '10.8.0.3',
    },
  ],
  expect: [
    {
      see: 'delivered',
      step: 'ann reaches it',
    },
    {
      see: 'delivered',
      name: 'ben too',
      step: 'ben reaches it',
    },
    {
      see: 'delivered',
      step: 'and back',
    },
    {
      see: 'endpoint',
      host: 'server',
      peer: 'ann',
      is: '203.0.113.77:51820',
    },
  ],
  twin: {
    about: 'pf with static-port: the port is kept or there is no state.',
    changes: [
      {
        path: '/nats/router/preset',
        set: 'pf-static-port',
      },
    ],
    fails: 'ben too',
  },
} satisfies Scenario
