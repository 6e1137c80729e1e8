import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A ping that says it is voice arrives as voice where nobody changes it',
  about: 'ping -Q 184.',
  duration: '20s',
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
  steps: [{ do: 'ping', at: '1s', name: 'voice', from: 'alice', to: '10.0.0.2', count: 5, tos: 184 }],
  expect: [{ see: 'marked', name: 'as voice', host: 'bob', layer: 'inner', dscp: 46, count: 5 }],
  twin: { about: 'An ordinary ping.', changes: [{ path: '/steps/0/tos', remove: true }], fails: 'as voice' },
} satisfies Scenario
