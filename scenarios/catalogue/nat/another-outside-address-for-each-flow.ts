import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A carrier with several outside addresses must keep a customer on one of them',
  about:
    'The server sees one address of the laptop, the friend would see another: his NAT lets only the one in that he was told. RFC 4787 REQ-2 asks for paired pooling.',
  claims: ['nat-06'],
  duration: '2m',
  networks: {
    internet: {},
    carrier: {
      kind: 'lan',
      gateway: '100.64.0.1',
    },
    far: {
      kind: 'lan',
      gateway: '192.168.2.1',
    },
  },
  nats: {
    cgn: {
      inside: {
        carrier: '100.64.0.1/10',
      },
      outside: {
        internet: ['203.0.113.77', '203.0.113.78'],
      },
      mapping: 'address-and-port-dependent',
      sharing: 'by-remote',
      pooling: 'round-robin',
    },
    fargate: {
      inside: {
        far: '192.168.2.1/24',
      },
      outside: {
        internet: '198.51.100.20',
      },
      filtering: 'address-dependent',
    },
  },
  hosts: {
    laptop: {
      interfaces: {
        carrier: '100.64.0.10/10',
      },
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
PublicKey = <laptop.pub>
Endpoint = 203.0.113.77:51820
AllowedIPs = 10.8.0.2/32
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
PublicKey = <laptop.pub>
AllowedIPs = 10.8.0.2/32
`,
      },
    },
  },
  steps: [
    {
      do: 'ping',
      at: '5s',
      name: 'to the server',
      from: 'laptop',
      to: '10.8.0.1',
    },
    {
      do: 'ping',
      at: '20s',
      name: 'the laptop tries',
      from: 'laptop',
      to: '10.8.0.4',
    },
    {
      do: 'ping',
      at: '100s',
      name: 'direct',
      from: 'laptop',
      to: '10.8.0.4',
    },
  ],
  expect: [
    {
      see: 'delivered',
      step: 'to the server',
    },
    {
      see: 'endpoint',
      host: 'server',
      peer: 'laptop',
      is: '203.0.113.77:51820',
    },
    {
      see: 'lost',
      name: 'no way through',
      step: 'direct',
    },
  ],
  twin: {
    about: 'Paired pooling.',
    changes: [
      {
        path: '/nats/cgn/pooling',
        set: 'paired',
      },
    ],
    fails: 'no way through',
  },
} satisfies Scenario
