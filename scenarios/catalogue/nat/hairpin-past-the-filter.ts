import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'Some NATs do not filter what turns round in them',
  about: 'Only Ann knows where Ben is. A strict filter would refuse her, since Ben has never sent to her.',
  claims: ['nat-11'],
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
      hairpin: 'external',
      hairpin_filter: false,
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
Address = 10.4.0.1/24
ListenPort = 51821

[Peer]
PublicKey = <ben.pub>
Endpoint = 203.0.113.77:51822
AllowedIPs = 10.4.0.2/32
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
Address = 10.4.0.2/24
ListenPort = 51822

[Peer]
PublicKey = <server.pub>
Endpoint = 198.51.100.1:51820
AllowedIPs = 10.8.0.1/32
PersistentKeepalive = 25

[Peer]
PublicKey = <ann.pub>
AllowedIPs = 10.4.0.1/32
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
PublicKey = <ben.pub>
AllowedIPs = 10.4.0.2/32
`,
      },
    },
  },
  steps: [
    {
      do: 'ping',
      at: '10s',
      name: 'neighbours',
      from: 'ann',
      to: '10.4.0.2',
      count: 3,
    },
  ],
  expect: [
    {
      see: 'delivered',
      name: 'past the filter',
      step: 'neighbours',
    },
  ],
  twin: {
    about: 'The filter holds for all.',
    changes: [
      {
        path: '/nats/router/hairpin_filter',
        set: true,
      },
    ],
    fails: 'past the filter',
  },
} satisfies Scenario
