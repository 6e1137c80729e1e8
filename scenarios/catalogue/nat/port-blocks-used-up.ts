import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A carrier that gives every customer 30,000 ports has none for the third',
  about: 'Two blocks fit on one outside address.',
  claims: [],
  duration: '60s',
  networks: {
    internet: {},
    carrier: {
      kind: 'lan',
      gateway: '100.64.0.1',
    },
  },
  nats: {
    cgn: {
      inside: {
        carrier: '100.64.0.1/10',
      },
      outside: {
        internet: '203.0.113.77',
      },
      blocks: {
        size: 30000,
      },
      port_class: 'none',
      ports: 'random',
      refusal: 'icmp',
    },
  },
  hosts: {
    first: {
      interfaces: {
        carrier: '100.64.0.10/10',
      },
      wg: {
        wg0: `[Interface]
PrivateKey = <first>
Address = 10.8.0.2/24

[Peer]
PublicKey = <server.pub>
Endpoint = 198.51.100.1:51820
AllowedIPs = 10.8.0.1/32
`,
      },
    },
    second: {
      interfaces: {
        carrier: '100.64.0.11/10',
      },
      wg: {
        wg0: `[Interface]
PrivateKey = <second>
Address = 10.8.0.3/24

[Peer]
PublicKey = <server.pub>
Endpoint = 198.51.100.1:51820
AllowedIPs = 10.8.0.1/32
`,
      },
    },
    third: {
      interfaces: {
        carrier: '100.64.0.12/10',
      },
      wg: {
        wg0: `[Interface]
PrivateKey = <third>
Address = 10.8.0.4/24

[Peer]
PublicKey = <server.pub>
Endpoint = 198.51.100.1:51820
AllowedIPs = 10.8.0.1/32
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
PublicKey = <first.pub>
AllowedIPs = 10.8.0.2/32

[Peer]
PublicKey = <second.pub>
AllowedIPs = 10.8.0.3/32

[Peer]
PublicKey = <third.pub>
AllowedIPs = 10.8.0.4/32
`,
      },
    },
  },
  steps: [
    {
      do: 'ping',
      at: '1s',
      name: 'one',
      from: 'first',
      to: '10.8.0.1',
    },
    {
      do: 'ping',
      at: '2s',
      name: 'two',
      from: 'second',
      to: '10.8.0.1',
    },
    {
      do: 'ping',
      at: '3s',
      name: 'three',
      from: 'third',
      to: '10.8.0.1',
    },
  ],
  expect: [
    {
      see: 'delivered',
      step: 'one',
    },
    {
      see: 'delivered',
      step: 'two',
    },
    {
      see: 'lost',
      name: 'nothing left',
      step: 'three',
    },
    {
      see: 'dropped',
      because: 'nat-exhausted',
      at: 'cgn',
      count: {
        min: 1,
      },
    },
  ],
  twin: {
    about: 'Blocks of 2048 ports.',
    changes: [
      {
        path: '/nats/cgn/blocks/size',
        set: 2048,
      },
    ],
    fails: 'nothing left',
  },
} satisfies Scenario
