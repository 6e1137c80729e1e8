import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: "WireGuard's keepalive after ten seconds turns its flow into a stream: 120 seconds on Linux, not 30",
  about:
    'Linux keeps an answered flow 30 seconds, and 120 once it has lived two seconds. One ping is over at once; what WireGuard says ten seconds later on its own makes the difference.',
  claims: ['nat-03'],
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
      preset: 'linux-masquerade',
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
      do: 'ping',
      at: '100s',
      name: 'the server speaks first',
      from: 'server',
      to: '10.8.0.2',
    },
  ],
  expect: [
    {
      see: 'delivered',
      name: 'still open',
      step: 'the server speaks first',
    },
    {
      see: 'messages',
      message: 'keepalive',
      from: 'laptop',
      between: ['10s', '13s'],
      count: 1,
    },
  ],
  twin: {
    about: 'A NAT that wants to see half a minute of it.',
    changes: [
      {
        path: '/nats/router/stream_after',
        set: '30s',
      },
    ],
    fails: 'still open',
  },
} satisfies Scenario
