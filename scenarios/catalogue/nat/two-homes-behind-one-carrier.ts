import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'Two homes behind one carrier NAT meet only if the carrier hairpins',
  about:
    "Each knows the other's outside address, which is the carrier's. The packets turn round in the carrier's NAT and pass both home routers.",
  claims: ['nat-11'],
  duration: '60s',
  networks: {
    internet: {},
    carrier: {
      kind: 'lan',
      gateway: '100.64.0.1',
    },
    north: {
      kind: 'lan',
      gateway: '192.168.1.1',
    },
    south: {
      kind: 'lan',
      gateway: '192.168.2.1',
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
      hairpin: 'external',
    },
    northgate: {
      inside: {
        north: '192.168.1.1/24',
      },
      outside: {
        carrier: {
          address: '100.64.0.8/10',
          gateway: '100.64.0.1',
        },
      },
    },
    southgate: {
      inside: {
        south: '192.168.2.1/24',
      },
      outside: {
        carrier: {
          address: '100.64.0.9/10',
          gateway: '100.64.0.1',
        },
      },
    },
  },
  hosts: {
    nora: {
      interfaces: {
        north: '192.168.1.5/24',
      },
      wg: {
        wg0: `[Interface]
PrivateKey = <nora>
Address = 10.4.0.1/24
ListenPort = 51821

[Peer]
PublicKey = <sam.pub>
Endpoint = 203.0.113.77:51822
AllowedIPs = 10.4.0.2/32
PersistentKeepalive = 5
`,
      },
    },
    sam: {
      interfaces: {
        south: '192.168.2.5/24',
      },
      wg: {
        wg0: `[Interface]
PrivateKey = <sam>
Address = 10.4.0.2/24
ListenPort = 51822

[Peer]
PublicKey = <nora.pub>
Endpoint = 203.0.113.77:51821
AllowedIPs = 10.4.0.1/32
PersistentKeepalive = 7
`,
      },
    },
  },
  steps: [
    {
      do: 'ping',
      at: '40s',
      name: 'neighbours',
      from: 'nora',
      to: '10.4.0.2',
      count: 3,
    },
  ],
  expect: [
    {
      see: 'delivered',
      name: 'by the hairpin',
      step: 'neighbours',
    },
  ],
  twin: {
    about: 'The carrier does not hairpin.',
    changes: [
      {
        path: '/nats/cgn/hairpin',
        set: 'off',
      },
    ],
    fails: 'by the hairpin',
  },
} satisfies Scenario
