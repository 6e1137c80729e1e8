import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'Over a geostationary satellite the handshake is slow, but one is enough',
  about:
    'A round trip of more than half a second is nothing to a timer of five. What takes longer than five seconds never gets a session: the answer always comes after the next question.',
  duration: '60s',

  networks: { internet: {} },
  hosts: {
    alice: {
      interfaces: { internet: { address: '198.51.100.1', link: { preset: 'geo', loss: 0 } } },
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

  steps: [{ do: 'ping', at: '1s', name: 'hello', from: 'alice', to: '10.0.0.2', count: 5 }],
  expect: [
    { see: 'messages', name: 'one question', message: 'initiation', from: 'alice', count: 1 },
    { see: 'delivered', name: 'in two round trips', step: 'hello', within: '1.6s' },
  ],
  twin: {
    about: 'A relay so far away that the answer needs more than five seconds.',
    changes: [{ path: '/hosts/alice/interfaces/internet/link/delay', set: '2800ms' }],
    fails: 'one question',
  },
} satisfies Scenario
