import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'Who takes one packet off the network has taken one packet',
  about: 'Mallory takes the second data packet that alice sends and keeps it. The first and the third arrive.',
  duration: '10s',
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
    { do: 'ping', at: '1s', name: 'hello', from: 'alice', to: '10.0.0.2' },
    {
      do: 'probe',
      at: '2s',
      host: 'mallory',
      act: { kind: 'capture', message: 'data', from: 'alice', nth: 2, hold: true, save: 'loot' },
    },
    { do: 'send', at: '3s', name: 'one', from: 'alice', to: '10.0.0.2:9' },
    { do: 'send', at: '4s', name: 'two', from: 'alice', to: '10.0.0.2:9' },
    { do: 'send', at: '5s', name: 'three', from: 'alice', to: '10.0.0.2:9' },
  ],
  expect: [
    { see: 'delivered', step: 'one' },
    { see: 'lost', name: 'the second is hers', step: 'two', because: ['held-by-probe'] },
    { see: 'delivered', step: 'three' },
  ],
  twin: { about: 'She takes the third.', changes: [{ path: '/steps/1/act/nth', set: 3 }], fails: 'the second is hers' },
} satisfies Scenario
