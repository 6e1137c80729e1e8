import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A queue that is always full marks what understands it, and the mark comes out of the tunnel',
  about: 'The outer mark is carried over to the inner packet when the tunnel is left (RFC 6040).',
  duration: '20s',
  networks: { internet: {} },
  hosts: {
    alice: {
      interfaces: { internet: { address: '198.51.100.1', up: { ecn: 'mark' } } },
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
      interfaces: { internet: '203.0.113.2' },
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
  steps: [
    { do: 'ping', at: '1s', name: 'hello', from: 'alice', to: '10.0.0.2' },
    { do: 'send', at: '3s', name: 'stream', from: 'alice', to: '10.0.0.2:9', count: 20, interval: '50ms', tos: 2 },
  ],
  expect: [{ see: 'marked', name: 'congested inside', host: 'bob', layer: 'inner', ecn: 3, count: 20 }],
  twin: {
    about: 'The cable leaves the bits alone.',
    changes: [{ path: '/hosts/alice/interfaces/internet/up/ecn', remove: true }],
    fails: 'congested inside',
  },
} satisfies Scenario
