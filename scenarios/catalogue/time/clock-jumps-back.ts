import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A clock that jumps back locks its host out',
  about:
    "Bob remembers alice's greatest timestamp. After her clock falls back an hour, her initiations look like replays, and nobody tells her.",
  claims: ['time-01', 'proto-09'],
  duration: '10m',

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

  steps: [
    { do: 'ping', at: '1s', name: 'before', from: 'alice', to: '10.0.0.2' },
    { do: 'clock', at: '60s', host: 'alice', jump: '-1h' },
    { do: 'ping', at: '62s', name: 'the session still lives', from: 'alice', to: '10.0.0.2' },
    { do: 'ping', at: '5m', name: 'locked out', from: 'alice', to: '10.0.0.2' },
  ],
  expect: [
    { see: 'delivered', step: 'before' },
    { see: 'delivered', step: 'the session still lives' },
    { see: 'lost', name: 'refused', step: 'locked out' },
    { see: 'dropped', because: 'old-timestamp', at: 'bob:wg0', count: 20 },
  ],
  twin: {
    about: 'The clock jumps forward instead.',
    changes: [{ path: '/steps/1/jump', set: '1h' }],
    fails: 'refused',
  },
} satisfies Scenario
