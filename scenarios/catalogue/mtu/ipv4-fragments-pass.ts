import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'Over IPv4 the outer packet is fragmented, and put together again',
  about: 'A path of 1400 bytes under a tunnel MTU of 1420 works, at the price of two packets for one.',
  claims: ['mtu-05'],
  duration: '30s',

  networks: { internet: {} },
  hosts: {
    alice: {
      interfaces: { internet: '198.51.100.1' },
      wg: {
        wg0: `[Interface]
PrivateKey = <alice>
Address = 10.0.0.1/24
ListenPort = 51820

[Peer]
PublicKey = <bob.pub>
Endpoint = 203.0.113.2:51820
AllowedIPs = 10.0.0.2/32
`,
      },
    },
    bob: {
      interfaces: { internet: { address: '203.0.113.2', down: { mtu: 1400 } } },
      wg: {
        wg0: `[Interface]
PrivateKey = <bob>
Address = 10.0.0.2/24
ListenPort = 51820

[Peer]
PublicKey = <alice.pub>
AllowedIPs = 10.0.0.1/32
`,
      },
    },
  },

  steps: [{ do: 'ping', at: '1s', name: 'large', from: 'alice', to: '10.0.0.2', count: 5, size: 1372 }],
  expect: [
    { see: 'delivered', name: 'arrives', step: 'large' },
    { see: 'received', name: 'in fragments', host: 'bob', what: 'fragment', count: 10 },
  ],
  twin: {
    about: 'The path is wide enough.',
    changes: [{ path: '/hosts/bob/interfaces/internet', set: '203.0.113.2' }],
    fails: 'in fragments',
  },
} satisfies Scenario
