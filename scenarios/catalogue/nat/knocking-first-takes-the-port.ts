import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'On Linux the first knock from outside can take away the port that hole punching needs',
  about:
    "Wanda's packet comes before Edgar has sent: conntrack keeps an entry for it, and Edgar's port towards Wanda is taken. His packets leave from another one, which Wanda's NAT does not let in.",
  claims: ['nat-06'],
  duration: '2m',
  networks: {
    internet: {},
    west: {
      kind: 'lan',
      gateway: '192.168.1.1',
    },
    east: {
      kind: 'lan',
      gateway: '192.168.2.1',
    },
  },
  nats: {
    westgate: {
      inside: {
        west: '192.168.1.1/24',
      },
      outside: {
        internet: '198.51.100.10',
      },
      preset: 'linux-masquerade',
    },
    eastgate: {
      inside: {
        east: '192.168.2.1/24',
      },
      outside: {
        internet: '203.0.113.20',
      },
      preset: 'linux-masquerade',
    },
  },
  hosts: {
    wanda: {
      interfaces: {
        west: '192.168.1.5/24',
      },
      wg: {
        wg0: `[Interface]
PrivateKey = <wanda>
Address = 10.5.0.1/24
ListenPort = 51820

[Peer]
PublicKey = <edgar.pub>
Endpoint = 203.0.113.20:51820
AllowedIPs = 10.5.0.2/32
PersistentKeepalive = 25
`,
      },
    },
    edgar: {
      interfaces: {
        east: '192.168.2.5/24',
      },
      wg: {
        wg0: `[Interface]
PrivateKey = <edgar>
Address = 10.5.0.2/24
ListenPort = 51820

[Peer]
PublicKey = <wanda.pub>
Endpoint = 198.51.100.10:51820
AllowedIPs = 10.5.0.1/32
`,
      },
    },
  },
  steps: [
    {
      do: 'ping',
      at: '20s',
      name: 'edgar tries',
      from: 'edgar',
      to: '10.5.0.1',
    },
    {
      do: 'ping',
      at: '100s',
      name: 'direct',
      from: 'wanda',
      to: '10.5.0.2',
      count: 3,
    },
  ],
  expect: [
    {
      see: 'lost',
      name: 'no way through',
      step: 'direct',
    },
    {
      see: 'handshakes',
      host: 'wanda',
      peer: 'edgar',
      count: 0,
    },
    {
      see: 'dropped',
      because: 'nat-filtered',
      at: 'westgate',
      count: {
        min: 1,
      },
    },
  ],
  twin: {
    about: 'The firewalls of the routers drop what nobody asked for, before conntrack keeps it.',
    changes: [
      {
        path: '/nats/westgate/unsolicited',
        set: 'ignored',
      },
      {
        path: '/nats/eastgate/unsolicited',
        set: 'ignored',
      },
    ],
    fails: 'no way through',
  },
} satisfies Scenario
