import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'PersistentKeepalive = 10 answers one-way data with two keepalives at once',
  about:
    'Data that nothing answers is owed a keepalive after ten seconds, and so is the silent path. Both timers are set by the same packet and are due at the same moment: what the first sends does not stop the second.',
  duration: '22s',

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
PersistentKeepalive = 10
`,
      },
    },
  },

  steps: [
    { do: 'ping', at: '1s', name: 'hello', from: 'alice', to: '10.0.0.2' },
    { do: 'send', at: '3s', name: 'one way', from: 'alice', to: '10.0.0.2:9' },
  ],
  expect: [
    { see: 'delivered', step: 'hello' },
    { see: 'delivered', step: 'one way' },
    {
      see: 'messages',
      name: 'two at once',
      message: 'keepalive',
      from: 'bob',
      between: ['12.9s', '13.4s'],
      count: 2,
    },
  ],
  twin: {
    about: 'The silent path is owed one two seconds later.',
    changes: [{ path: '/hosts/bob/wg/wg0', replace: 'PersistentKeepalive = 10', with: 'PersistentKeepalive = 12' }],
    fails: 'two at once',
  },
} satisfies Scenario
