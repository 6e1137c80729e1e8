import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'The router is off for a minute; an idle tunnel with keepalive goes on with the same keys',
  about: 'The keys live three minutes. The first keepalive after the reboot opens the NAT again.',
  claims: ['nat-10'],
  duration: '110s',
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
      at: '1s',
      name: 'hello',
      from: 'laptop',
      to: '10.8.0.1',
    },
    {
      do: 'nat',
      at: '15s',
      nat: 'router',
      off: '1m',
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
      name: 'open again',
      step: 'first word of the server',
    },
    {
      see: 'handshakes',
      host: 'laptop',
      peer: 'server',
      count: 1,
    },
    {
      see: 'dropped',
      because: 'nat-off',
      at: 'router',
      count: {
        min: 1,
      },
    },
  ],
  twin: {
    about: 'Without keepalive the laptop does not speak after the reboot.',
    changes: [
      {
        path: '/hosts/laptop/wg/wg0',
        replace: `PersistentKeepalive = 25
`,
        with: '',
      },
    ],
    fails: 'open again',
  },
} satisfies Scenario
