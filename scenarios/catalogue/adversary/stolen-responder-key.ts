import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: "With bob's own key mallory can knock at bob as alice, but not come in",
  about:
    "Key compromise impersonation: bob's private key is stolen. It is enough to make an initiation that bob takes for one of alice's, and he answers. To go on from the answer one needs alice's private key.",
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
      act: {
        kind: 'initiate',
        peer: 'bob',
        to: '203.0.113.2:51820',
        key: 'alice',
        stolen: 'responder',
        clock: '-1h',
        save: 'knock',
      },
    },
    {
      do: 'probe',
      at: '1s',
      name: 'the answer',
      host: 'mallory',
      act: { kind: 'expect', message: 'response', within: '2s' },
    },
    { do: 'ping', at: '2s', name: 'bob speaks to alice', from: 'bob', to: '10.0.0.1' },
    { do: 'ping', at: '10s', name: 'the real alice', from: 'alice', to: '10.0.0.2', count: 3 },
  ],
  expect: [
    {
      see: 'messages',
      name: 'bob answers',
      message: 'response',
      from: 'bob',
      between: ['0s', '5s'],
      count: 1,
    },
    { see: 'handshakes', name: 'no session', host: 'bob', peer: 'alice', between: ['0s', '9s'], count: 0 },
    { see: 'delivered', step: 'the real alice' },
  ],
  twin: {
    about: "Alice's own key is stolen: now mallory is alice to bob.",
    changes: [
      { path: '/steps/0/act/stolen', remove: true },
      {
        path: '/steps/1',
        set: {
          do: 'probe',
          at: '2s',
          name: 'the answer',
          host: 'mallory',
          act: { kind: 'data', session: 'knock', payload: { ping: '10.0.0.2', from: '10.0.0.1' } },
        },
      },
    ],
    fails: 'no session',
  },
} satisfies Scenario
