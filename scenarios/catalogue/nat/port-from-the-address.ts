import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A deterministic carrier NAT says by the address which ports a customer gets',
  about:
    'RFC 7422: the customer 100.64.0.10 has the block number 10, from port 1024 + 10 × 1000 on, and needs no log to be found again.',
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
        size: 1000,
        order: 'deterministic',
      },
      port_class: 'none',
      ports: 'sequential',
    },
  },
  hosts: {
    other: {
      interfaces: {
        carrier: '100.64.0.9/10',
      },
      wg: {
        wg0: `[Interface]
PrivateKey = <other>
Address = 10.8.0.3/24

[Peer]
PublicKey = <server.pub>
Endpoint = 198.51.100.1:51820
AllowedIPs = 10.8.0.1/32
`,
      },
    },
    laptop: {
      interfaces: {
        carrier: '100.64.0.10/10',
      },
      wg: {
        wg0: `[Interface]
PrivateKey = <laptop>
Address = 10.8.0.2/24

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
PublicKey = <laptop.pub>
AllowedIPs = 10.8.0.2/32

[Peer]
PublicKey = <other.pub>
AllowedIPs = 10.8.0.3/32
`,
      },
    },
  },
  steps: [
    {
      do: 'ping',
      at: '1s',
      name: 'first',
      from: 'other',
      to: '10.8.0.1',
    },
    {
      do: 'ping',
      at: '2s',
      name: 'hello',
      from: 'laptop',
      to: '10.8.0.1',
    },
  ],
  expect: [
    {
      see: 'delivered',
      step: 'hello',
    },
    {
      see: 'endpoint',
      name: 'by its number',
      host: 'server',
      peer: 'laptop',
      is: '203.0.113.77:11024',
    },
  ],
  twin: {
    about: 'Blocks in the order of need.',
    changes: [
      {
        path: '/nats/cgn/blocks/order',
        set: 'next',
      },
    ],
    fails: 'by its number',
  },
} satisfies Scenario
