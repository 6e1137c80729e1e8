import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'Under load a host asks for a cookie before it computes',
  about:
    'A flood of well-formed initiations fills the handshake queue. Bob answers with cookie replies instead of Diffie-Hellman, and alice still gets in.',
  claims: ['quiet-04'],
  duration: '60s',

  networks: { internet: {} },
  hosts: {
    mallory: { interfaces: { internet: '192.0.2.66' }, probe: true },
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
      handshake_cost: '2us',
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
    {
      do: 'probe',
      at: '1s',
      host: 'mallory',
      act: { kind: 'initiate', peer: 'bob', to: '203.0.113.2:51820', save: 'flood', send: false },
    },
    {
      do: 'probe',
      at: '2s',
      name: 'flood',
      host: 'mallory',
      act: { kind: 'replay', slot: 'flood', to: '203.0.113.2:51820', count: 1500 },
    },
    {
      do: 'probe',
      at: '3s',
      name: 'more of it',
      host: 'mallory',
      act: { kind: 'replay', slot: 'flood', to: '203.0.113.2:51820', count: 1500 },
    },
    { do: 'ping', at: '2.1s', name: 'honest', from: 'alice', to: '10.0.0.2', count: 5, interval: '5s' },
  ],
  expect: [
    {
      see: 'dropped',
      name: 'the first is only built',
      because: 'unknown-peer',
      at: 'bob:wg0',
      between: ['0s', '1.9s'],
      count: 0,
    },
    {
      see: 'messages',
      name: 'cookies are asked for',
      message: 'cookie-reply',
      from: 'bob',
      count: { min: 500 },
      size: 64,
    },
    { see: 'messages', name: 'alice is asked too', message: 'cookie-reply', from: 'bob', to: 'alice', count: 1 },
    { see: 'delivered', step: 'honest' },
  ],
  twin: {
    about: 'A machine whose handshakes cost nothing is never under load.',
    changes: [{ path: '/hosts/bob/handshake_cost', remove: true }],
    fails: 'cookies are asked for',
  },
} satisfies Scenario
