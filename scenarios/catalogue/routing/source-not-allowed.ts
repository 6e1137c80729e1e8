import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: "The handshake succeeds and no data flows: the receiver's AllowedIPs are too narrow",
  about:
    'Bob decrypts what alice sends and throws it away, because her inner address is not among those he allows her. Nothing tells her.',
  claims: ['route-02', 'route-07'],
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
      interfaces: { internet: '203.0.113.2' },
      wg: {
        wg0: `[Interface]
PrivateKey = <bob>
Address = 10.0.0.2/24
ListenPort = 51820

[Peer]
PublicKey = <alice.pub>
AllowedIPs = 10.0.0.7/32
`,
      },
    },
  },

  steps: [{ do: 'ping', at: '1s', name: 'refused', from: 'alice', to: '10.0.0.2', count: 5 }],
  expect: [
    { see: 'lost', name: 'no data flows', step: 'refused', because: ['source-not-allowed'] },
    { see: 'handshakes', name: 'handshake is fine', host: 'alice', peer: 'bob', count: 1 },
    { see: 'messages', name: 'bob owes a keepalive', message: 'keepalive', from: 'bob', count: { min: 1 } },
  ],
  twin: {
    about: 'The right address is allowed.',
    changes: [{ path: '/hosts/bob/wg/wg0', replace: '10.0.0.7/32', with: '10.0.0.1/32' }],
    fails: 'no data flows',
  },
} satisfies Scenario
