import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A provider that paints all packets with its own class takes them from the one they were sent with',
  about:
    'The outer packet of a tunnel carries the class of the inner one no further than DSCP is honoured: this cable writes 8 (background) on everything, and what was sent as voice (46) arrives so inside and not outside.',
  duration: '20s',
  networks: { internet: {} },
  hosts: {
    alice: {
      interfaces: { internet: { address: '198.51.100.1', up: { dscp: 8 } } },
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
    { do: 'send', at: '3s', name: 'voice', from: 'alice', to: '10.0.0.2:9', count: 10, interval: '100ms', tos: 184 },
  ],
  expect: [
    { see: 'marked', name: 'painted outside', host: 'bob', layer: 'wire', dscp: 8, count: { min: 10 } },
    { see: 'marked', name: 'kept inside', host: 'bob', layer: 'inner', dscp: 46, count: 10 },
  ],
  twin: {
    about: 'The cable leaves them as they are.',
    changes: [{ path: '/hosts/alice/interfaces/internet/up/dscp', remove: true }],
    fails: 'painted outside',
  },
} satisfies Scenario
