import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'Keepalive on the public side holds a NAT open only if the NAT counts what comes in',
  about:
    'RFC 4787 lets a NAT refresh on inbound packets (REQ-6 a: may), and Linux does. Many others look at outbound packets alone.',
  claims: ['nat-14'],
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
      timeout: '60s',
      refresh: 'both',
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
PersistentKeepalive = 25
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
      name: 'first word of the server',
      from: 'server',
      to: '10.8.0.2',
    },
  ],
  expect: [
    {
      see: 'delivered',
      name: 'held open',
      step: 'first word of the server',
    },
  ],
  twin: {
    about: 'Only outbound packets refresh.',
    changes: [
      {
        path: '/nats/router/refresh',
        set: 'outbound',
      },
    ],
    fails: 'held open',
  },
} satisfies Scenario
