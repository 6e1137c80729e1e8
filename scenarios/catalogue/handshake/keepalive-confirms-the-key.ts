import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'With nothing to send, the initiator confirms with one keepalive',
  about:
    'A responder may not use a new session before it has received on it, so the initiator sends an empty packet when no data waits.',
  claims: ['proto-02', 'proto-03'],
  duration: '10s',

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
PersistentKeepalive = 25
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
    {
      see: 'messages',
      name: 'exactly one keepalive',
      message: 'keepalive',
      from: 'alice',
      to: 'bob',
      count: 1,
      size: 32,
    },
    { see: 'messages', name: 'bob keeps quiet', message: 'any', from: 'bob', count: 1 },
    { see: 'handshakes', host: 'bob', peer: 'alice', count: 1 },
  ],
  twin: {
    about: 'With a short interval more of them follow.',
    changes: [{ path: '/hosts/alice/wg/wg0', replace: 'PersistentKeepalive = 25', with: 'PersistentKeepalive = 3' }],
    fails: 'exactly one keepalive',
  },
} satisfies Scenario
