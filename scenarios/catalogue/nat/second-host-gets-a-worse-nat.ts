import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'With the same ListenPort as a neighbour, the NAT is another one for you',
  about:
    'Against RFC 4787 REQ-11: the second host that wants a port gets one for each destination. The friend sends to the one that the server sees, and his NAT lets only that one in.',
  claims: ['nat-06'],
  duration: '2m',
  networks: {
    internet: {},
    home: {
      kind: 'lan',
      gateway: '192.168.1.1',
    },
    far: {
      kind: 'lan',
      gateway: '192.168.2.1',
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
      on_conflict: 'other-class',
    },
    fargate: {
      inside: {
        far: '192.168.2.1/24',
      },
      outside: {
        internet: '198.51.100.20',
      },
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
AllowedIPs = 10.8.0.1/32
PersistentKeepalive = 25

[Peer]
PublicKey = <friend.pub>
Endpoint = 198.51.100.20:51820
AllowedIPs = 10.8.0.4/32
`,
      },
    },
    friend: {
      interfaces: {
        far: '192.168.2.5/24',
      },
      wg: {
        wg0: `[Interface]
PrivateKey = <friend>
Address = 10.8.0.4/24
ListenPort = 51820

[Peer]
PublicKey = <ben.pub>
Endpoint = 203.0.113.77:51821
AllowedIPs = 10.8.0.3/32
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
      name: 'ben to the server',
      from: 'ben',
      to: '10.8.0.1',
    },
    {
      do: 'ping',
      at: '20s',
      name: 'ben tries',
      from: 'ben',
      to: '10.8.0.4',
    },
    {
      do: 'ping',
      at: '100s',
      name: 'direct',
      from: 'ben',
      to: '10.8.0.4',
    },
  ],
  expect: [
    {
      see: 'delivered',
      step: 'ben to the server',
    },
    {
      see: 'endpoint',
      host: 'server',
      peer: 'ben',
      is: '203.0.113.77:51821',
    },
    {
      see: 'lost',
      name: 'no way through',
      step: 'direct',
    },
  ],
  twin: {
    about: 'He gets another port, and the same behaviour.',
    changes: [
      {
        path: '/nats/router/on_conflict',
        set: 'other-port',
      },
    ],
    fails: 'no way through',
  },
} satisfies Scenario
