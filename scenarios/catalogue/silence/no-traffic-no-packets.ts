import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'An hour without traffic is an hour of silence',
  about: 'Bringing an interface up sends nothing. Only PersistentKeepalive makes an idle tunnel talk.',
  claims: ['proto-07'],
  duration: '1h',

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

  steps: [],
  expect: [
    { see: 'messages', name: 'alice is silent', message: 'any', from: 'alice', count: 0 },
    { see: 'messages', name: 'bob is silent', message: 'any', from: 'bob', count: 0 },
  ],
  twin: {
    about: 'One keepalive setting ends the silence.',
    changes: [
      {
        path: '/hosts/alice/wg/wg0',
        replace: 'AllowedIPs = 10.0.0.2/32',
        with: 'AllowedIPs = 10.0.0.2/32\nPersistentKeepalive = 25',
      },
    ],
    fails: 'alice is silent',
  },
} satisfies Scenario
