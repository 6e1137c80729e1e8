import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'When the table of the NAT is full, the idle tunnel has to go first',
  about:
    'A neighbour opens many flows; the mapping that was idle longest is thrown out, long before its time is over. The server can not reach the laptop any more.',
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
      max_mappings: 4,
      when_full: 'evict-oldest',
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
    neighbour: {
      interfaces: {
        home: '192.168.1.20/24',
      },
    },
    web: {
      interfaces: {
        internet: '198.51.100.9',
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
      do: 'send',
      at: '20s',
      name: 'flow 1',
      from: 'neighbour',
      to: '198.51.100.9:9',
    },
    {
      do: 'send',
      at: '21s',
      name: 'flow 2',
      from: 'neighbour',
      to: '198.51.100.9:9',
    },
    {
      do: 'send',
      at: '22s',
      name: 'flow 3',
      from: 'neighbour',
      to: '198.51.100.9:9',
    },
    {
      do: 'send',
      at: '23s',
      name: 'flow 4',
      from: 'neighbour',
      to: '198.51.100.9:9',
    },
    {
      do: 'ping',
      at: '30s',
      name: 'the server speaks first',
      from: 'server',
      to: '10.8.0.2',
    },
  ],
  expect: [
    {
      see: 'lost',
      name: 'pushed out',
      step: 'the server speaks first',
    },
    {
      see: 'delivered',
      step: 'flow 4',
    },
  ],
  twin: {
    about: 'A full table takes nothing new.',
    changes: [
      {
        path: '/nats/router/when_full',
        set: 'drop-new',
      },
    ],
    fails: 'pushed out',
  },
} satisfies Scenario
