import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A preshared key on one side only: handshakes that never finish',
  about:
    'Bob answers every initiation, because the preshared key is mixed in only with the response; alice can not open it and tries on.',
  claims: ['proto-09', 'proto-14'],
  duration: '150s',

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
PresharedKey = <alice-bob.psk>
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

  steps: [{ do: 'ping', at: '1s', name: 'one-sided', from: 'alice', to: '10.0.0.2' }],
  expect: [
    { see: 'lost', name: 'nothing gets through', step: 'one-sided' },
    { see: 'messages', name: 'bob answers each', message: 'response', from: 'bob', count: 20 },
    { see: 'dropped', because: 'bad-response', at: 'alice:wg0', count: 20 },
    { see: 'handshakes', host: 'bob', peer: 'alice', count: 0 },
  ],
  twin: {
    about: 'Both have it.',
    changes: [
      {
        path: '/hosts/bob/wg/wg0',
        replace: 'AllowedIPs = 10.0.0.1/32',
        with: 'AllowedIPs = 10.0.0.1/32\nPresharedKey = <alice-bob.psk>',
      },
    ],
    fails: 'nothing gets through',
  },
} satisfies Scenario
