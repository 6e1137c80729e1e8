import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'Who relays packets and answers from her own address moves both endpoints to herself',
  about: 'She takes the originals off the network. Both sides now speak with her, and neither can tell.',
  duration: '40s',
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
      at: '3s',
      host: 'mallory',
      act: { kind: 'relay', message: 'data', from: 'alice', to: 'bob', hold: true, back: 'own', count: 50 },
    },
    { do: 'ping', at: '4s', name: 'by way of her', from: 'alice', to: '10.0.0.2', count: 3 },
  ],
  expect: [
    { see: 'delivered', step: 'by way of her' },
    { see: 'endpoint', name: 'with her', host: 'bob', peer: 'alice', is: '192.0.2.66:51820', at: '20s' },
  ],
  twin: {
    about: 'She only looks on.',
    changes: [
      {
        path: '/steps/1',
        set: { do: 'probe', at: '3s', host: 'mallory', act: { kind: 'capture', message: 'data', save: 'loot' } },
      },
    ],
    fails: 'with her',
  },
} satisfies Scenario
