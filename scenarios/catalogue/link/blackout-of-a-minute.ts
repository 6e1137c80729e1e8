import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'After a tunnel of rock the tunnel of packets is back within seconds',
  about:
    'Nothing passes for a minute, in both directions. Alice asks every five seconds, so the first try after the gap gets through; nobody has to restart anything.',
  duration: '100s',

  networks: { internet: {} },
  hosts: {
    alice: {
      interfaces: { internet: { address: '198.51.100.1', link: { blackouts: [{ at: '20s', for: '60s' }] } } },
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
    { do: 'ping', at: '1s', name: 'beat', from: 'alice', to: '10.0.0.2', count: 95 },
    { do: 'ping', at: '86s', name: 'light again', from: 'alice', to: '10.0.0.2', count: 5 },
  ],
  expect: [
    { see: 'delivered', name: 'back', step: 'light again' },
    { see: 'dropped', name: 'the dark', because: 'blackout', at: 'alice:internet', count: { min: 10 } },
    {
      see: 'messages',
      name: 'asks in the dark',
      message: 'initiation',
      from: 'alice',
      between: ['20s', '80s'],
      count: { min: 5, max: 10 },
    },
  ],
  twin: {
    about: 'A mountain that takes ten seconds longer than the patience of this scenario.',
    changes: [{ path: '/hosts/alice/interfaces/internet/link/blackouts/0/for', set: '72s' }],
    fails: 'back',
  },
} satisfies Scenario
