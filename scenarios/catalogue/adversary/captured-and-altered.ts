import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A recorded packet with another counter is no better than an old one',
  about:
    'Mallory takes the second data packet of alice off the network, and sends it three times with another counter.',
  duration: '30s',
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
      act: { kind: 'capture', message: 'data', from: 'alice', to: 'bob', nth: 2, hold: true, save: 'loot' },
    },
    { do: 'send', at: '3s', name: 'two', from: 'alice', to: '10.0.0.2:9', count: 2, interval: '1s' },
    {
      do: 'probe',
      at: '6s',
      host: 'mallory',
      act: {
        kind: 'replay',
        slot: 'loot',
        as: 'sender',
        alter: [{ field: 'counter', hex: 'ff00000000000000' }],
        count: 3,
        interval: '100ms',
      },
    },
    { do: 'ping', at: '10s', name: 'after', from: 'alice', to: '10.0.0.2' },
  ],
  expect: [
    { see: 'lost', name: 'the second is hers', step: 'two', count: 1, because: ['held-by-probe'] },
    { see: 'dropped', name: 'no better', because: 'bad-data', at: 'bob:wg0', count: 3 },
    { see: 'delivered', step: 'after' },
  ],
  twin: {
    about: 'She copies it, and takes nothing.',
    changes: [{ path: '/steps/1/act/hold', remove: true }],
    fails: 'the second is hers',
  },
} satisfies Scenario
