import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'The NAT still knows the laptop, but this peer may no longer speak first',
  about:
    'The laptop keeps its mapping open towards the server; with the friend it has been silent for a minute, and the permission of the friend is over.',
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
      timeout: '120s',
      filter_timeout: '60s',
      refresh_scope: 'session',
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
ListenPort = 51820

[Peer]
PublicKey = <server.pub>
Endpoint = 198.51.100.1:51820
AllowedIPs = 10.8.0.1/32
PersistentKeepalive = 25

[Peer]
PublicKey = <friend.pub>
Endpoint = 198.51.100.2:51820
AllowedIPs = 10.8.0.3/32
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
    friend: {
      interfaces: {
        internet: '198.51.100.2',
      },
      wg: {
        wg0: `[Interface]
PrivateKey = <friend>
Address = 10.8.0.3/24
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
      to: '10.8.0.3',
    },
    {
      do: 'ping',
      at: '30s',
      name: 'in time',
      from: 'friend',
      to: '10.8.0.2',
    },
    {
      do: 'ping',
      at: '2m',
      name: 'too late',
      from: 'friend',
      to: '10.8.0.2',
    },
    {
      do: 'ping',
      at: '2m',
      name: 'the other peer',
      from: 'server',
      to: '10.8.0.2',
    },
  ],
  expect: [
    {
      see: 'delivered',
      step: 'in time',
    },
    {
      see: 'lost',
      name: 'shut out',
      step: 'too late',
    },
    {
      see: 'delivered',
      step: 'the other peer',
    },
    {
      see: 'dropped',
      because: 'nat-filtered',
      at: 'router',
      count: {
        min: 1,
      },
    },
  ],
  twin: {
    about: 'Any packet of the mapping renews all permissions.',
    changes: [
      {
        path: '/nats/router/refresh_scope',
        set: 'mapping',
      },
    ],
    fails: 'shut out',
  },
} satisfies Scenario
