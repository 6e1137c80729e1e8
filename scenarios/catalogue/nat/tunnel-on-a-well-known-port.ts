import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A tunnel on a well-known port is forgotten sooner',
  about:
    'RFC 4787 REQ-5 a allows shorter times for well-known destination ports. Here the server listens on the port of NTP, and the NAT gives that ten seconds.',
  claims: ['nat-04'],
  duration: '2m',
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
      timeout_ports: {
        '123': '10s',
      },
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
Endpoint = 198.51.100.1:123
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
ListenPort = 123

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
      at: '80s',
      name: 'first word of the server',
      from: 'server',
      to: '10.8.0.2',
      count: 1,
    },
  ],
  expect: [
    {
      see: 'lost',
      name: 'forgotten',
      step: 'first word of the server',
    },
  ],
  twin: {
    about: 'It is a port like others.',
    changes: [
      {
        path: '/nats/router/timeout_ports',
        set: {},
      },
    ],
    fails: 'forgotten',
  },
} satisfies Scenario
