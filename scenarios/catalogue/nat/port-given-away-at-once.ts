import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A port that is given away at once brings packets of an old tunnel to a stranger, who stays silent',
  about:
    "The laptop's mapping is over. Its port goes to the neighbour, and what the server still sends to the laptop comes to the neighbour's WireGuard, which knows no such session.",
  claims: [],
  duration: '3m',
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
      ports: 'random',
      port_range: [40000, 40000],
      port_class: 'none',
      filtering: 'endpoint-independent',
      timeout: '30s',
    },
  },
  hosts: {
    laptop: {
      interfaces: {
        home: '192.168.1.10/24',
      },
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
    neighbour: {
      interfaces: {
        home: '192.168.1.20/24',
      },
      wg: {
        wg0: `[Interface]
PrivateKey = <neighbour>
Address = 10.9.0.2/24

[Peer]
PublicKey = <server.pub>
Endpoint = 198.51.100.2:51820
AllowedIPs = 10.9.0.0/24
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
    other: {
      interfaces: {
        internet: '198.51.100.2',
      },
      wg: {
        wg0: `[Interface]
PrivateKey = <server>
Address = 10.9.0.1/24
ListenPort = 51820

[Peer]
PublicKey = <neighbour.pub>
AllowedIPs = 10.9.0.2/32
`,
      },
    },
  },
  steps: [
    {
      do: 'ping',
      at: '1s',
      name: 'hello',
      from: 'laptop',
      to: '10.8.0.1',
    },
    {
      do: 'ping',
      at: '60s',
      name: 'the neighbour',
      from: 'neighbour',
      to: '10.9.0.1',
    },
    {
      do: 'ping',
      at: '65s',
      name: 'to the laptop',
      from: 'server',
      to: '10.8.0.2',
    },
  ],
  expect: [
    {
      see: 'lost',
      name: 'astray',
      step: 'to the laptop',
    },
    {
      see: 'dropped',
      name: 'a stranger refuses it',
      because: 'unknown-session',
      at: 'neighbour',
      count: {
        min: 1,
      },
    },
    {
      see: 'delivered',
      step: 'the neighbour',
    },
  ],
  twin: {
    about: 'The port rests for two minutes (RFC 6888 REQ-8): then the neighbour has none.',
    changes: [
      {
        path: '/nats/router/hold_down',
        set: '120s',
      },
    ],
    fails: 'a stranger refuses it',
  },
} satisfies Scenario
