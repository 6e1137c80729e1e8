import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'An initiator is content with whoever has the right key',
  about: 'Alice speaks to mallory, whose key she has. Mallory captures the initiation and answers it.',
  duration: '20s',
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
Endpoint = 192.0.2.66:51820
AllowedIPs = 10.0.0.2/32
PresharedKey = <alice-bob.psk>
`,
      },
    },
  },
  steps: [
    {
      do: 'probe',
      at: '500ms',
      host: 'mallory',
      act: { kind: 'expect', message: 'initiation', within: '3s', save: 'asked' },
    },
    { do: 'send', at: '1s', name: 'word', from: 'alice', to: '10.0.0.2:9' },
    {
      do: 'probe',
      at: '2s',
      host: 'mallory',
      act: { kind: 'respond', to: 'asked', save: 'done', key: 'bob', psk: 'alice-bob' },
    },
  ],
  expect: [{ see: 'handshakes', name: 'a session', host: 'alice', peer: 'bob', count: 1 }],
  twin: {
    about: 'With another preshared key.',
    changes: [{ path: '/steps/2/act/psk', remove: true }],
    fails: 'a session',
  },
} satisfies Scenario
