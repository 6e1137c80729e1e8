import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'Both sides start at the same instant, and one session comes of it',
  about:
    'Each answers the other, each throws its own attempt away. Their retries may cross again, as often as jitter and the steps of their timers want it; here the cable loses those of bob, and alice wins.',
  duration: '40s',

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
      interfaces: {
        internet: { address: '203.0.113.2', up: { lose: [{ message: 'initiation', nth: [2, 3, 4, 5] }] } },
      },
      wg: {
        wg0: `[Interface]
PrivateKey = <bob>
Address = 10.0.0.2/24
ListenPort = 51820

[Peer]
PublicKey = <alice.pub>
AllowedIPs = 10.0.0.1/32
Endpoint = 198.51.100.1:51820
`,
      },
    },
  },

  steps: [
    { do: 'ping', at: '1s', name: 'from alice', from: 'alice', to: '10.0.0.2', count: 20 },
    { do: 'ping', at: '1s', name: 'from bob', from: 'bob', to: '10.0.0.1', count: 20 },
  ],
  expect: [
    { see: 'delivered', step: 'from alice' },
    { see: 'delivered', step: 'from bob' },
    { see: 'messages', name: 'alice answered too', message: 'response', from: 'alice', count: { min: 1 } },
    { see: 'dropped', name: 'crossed', because: 'unknown-handshake', count: { min: 1 } },
  ],
  twin: {
    about: 'Bob starts a second later: nothing crosses.',
    changes: [{ path: '/steps/1/at', set: '2s' }],
    fails: 'crossed',
  },
} satisfies Scenario
