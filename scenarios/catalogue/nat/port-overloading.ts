import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A NAT that gives two hosts one outer port sends answers to the wrong one',
  about:
    'RFC 4787 forbids it (REQ-3). Ann and Ben have the same ListenPort; whoever sent last to the server gets what the server sends to both.',
  claims: [],
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
      preset: 'port-overloading',
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
      at: '4s',
      name: 'ann alone',
      from: 'ann',
      to: '10.8.0.1',
    },
    {
      do: 'ping',
      at: '20s',
      name: 'ben speaks',
      from: 'ben',
      to: '10.8.0.1',
    },
    {
      do: 'ping',
      at: '24s',
      name: 'to ann',
      from: 'server',
      to: '10.8.0.2',
      count: 1,
    },
  ],
  expect: [
    {
      see: 'lost',
      name: 'astray',
      step: 'to ann',
    },
    {
      see: 'delivered',
      step: 'ben speaks',
    },
  ],
  twin: {
    about: 'No port is shared.',
    changes: [
      {
        path: '/nats/router',
        set: {
          inside: {
            home: '192.168.1.1/24',
          },
          outside: {
            internet: '203.0.113.77',
          },
        },
      },
    ],
    fails: 'astray',
  },
} satisfies Scenario
