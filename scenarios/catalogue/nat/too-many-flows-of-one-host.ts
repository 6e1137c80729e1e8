import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A carrier that allows a host three mappings has none left for its tunnel',
  about: 'Three other flows of the laptop are there first.',
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
      max_per_host: 3,
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
    web: {
      interfaces: {
        internet: '198.51.100.9',
      },
    },
  },
  steps: [
    {
      do: 'send',
      at: '1s',
      name: 'flow 1',
      from: 'laptop',
      to: '198.51.100.9:9',
    },
    {
      do: 'send',
      at: '2s',
      name: 'flow 2',
      from: 'laptop',
      to: '198.51.100.9:9',
    },
    {
      do: 'send',
      at: '3s',
      name: 'flow 3',
      from: 'laptop',
      to: '198.51.100.9:9',
    },
    {
      do: 'ping',
      at: '10s',
      name: 'tunnel',
      from: 'laptop',
      to: '10.8.0.1',
    },
  ],
  expect: [
    {
      see: 'delivered',
      step: 'flow 3',
    },
    {
      see: 'lost',
      name: 'no room',
      step: 'tunnel',
    },
    {
      see: 'dropped',
      because: 'nat-host-limit',
      at: 'router',
      count: {
        min: 1,
      },
    },
  ],
  twin: {
    about: 'No limit.',
    changes: [
      {
        path: '/nats/router/max_per_host',
        set: 'none',
      },
    ],
    fails: 'no room',
  },
} satisfies Scenario
