import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A NAT that ends every mapping after 50 seconds, busy or not, cuts a stream for ten seconds each time',
  about:
    'The server streams to the laptop. When the mapping ends the stream is cut, until the laptop says on its own, ten seconds after it last heard something, that it is there: from a new port, and the server follows.',
  claims: ['nat-13'],
  duration: '4m',
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
      refresh: 'both',
      lifetime: '50s',
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
      at: '5s',
      name: 'stream',
      from: 'server',
      to: '10.8.0.2:9',
      count: 200,
      interval: '1s',
    },
  ],
  expect: [
    {
      see: 'delivered',
      step: 'stream',
      count: {
        min: 150,
      },
    },
    {
      see: 'lost',
      name: 'cut again and again',
      step: 'stream',
      count: {
        min: 10,
      },
    },
    {
      see: 'dropped',
      because: 'nat-mapping-expired',
      at: 'router',
      count: {
        min: 10,
      },
    },
  ],
  twin: {
    about: 'Only silence ends a mapping.',
    changes: [
      {
        path: '/nats/router/lifetime',
        set: 'none',
      },
    ],
    fails: 'cut again and again',
  },
} satisfies Scenario
