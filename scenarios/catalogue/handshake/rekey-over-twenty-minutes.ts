import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A session is renewed every two minutes, by its initiator, without loss',
  about:
    'Twenty minutes of steady traffic. REKEY_AFTER_TIME is 120 seconds; only the initiator of the current session acts on it.',
  claims: ['proto-05', 'proto-06'],
  duration: '20m',

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

  steps: [{ do: 'ping', at: '1s', name: 'steady', from: 'alice', to: '10.0.0.2', count: 119, interval: '10s' }],
  expect: [
    { see: 'delivered', step: 'steady' },
    {
      see: 'spacing',
      name: 'every two minutes',
      message: 'initiation',
      from: 'alice',
      each: { min: '120s', max: '130.1s' },
    },
    { see: 'messages', name: 'bob never starts', message: 'initiation', from: 'bob', count: 0 },
    { see: 'handshakes', host: 'bob', peer: 'alice', count: { min: 9, max: 10 } },
  ],
  twin: {
    about: 'Traffic is rarer than the session lives long.',
    changes: [
      { path: '/steps/0/interval', set: '200s' },
      { path: '/steps/0/count', set: 5 },
    ],
    fails: 'every two minutes',
  },
} satisfies Scenario
