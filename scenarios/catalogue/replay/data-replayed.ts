import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A replayed data packet is dropped, and moves no endpoint',
  about: 'The window knows each counter it has seen. Who repeats a packet from elsewhere gains nothing.',
  claims: ['roam-05'],
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
    { do: 'probe', at: '0s', host: 'mallory', act: { kind: 'capture', message: 'data', from: 'alice', save: 'copy' } },
    { do: 'send', at: '1s', name: 'once', from: 'alice', to: '10.0.0.2:9' },
    {
      do: 'probe',
      at: '2s',
      host: 'mallory',
      act: { kind: 'replay', slot: 'copy', to: '203.0.113.2:51820', count: 3 },
    },
  ],
  expect: [
    { see: 'delivered', name: 'delivered once', step: 'once', count: 1 },
    { see: 'dropped', name: 'three replays dropped', because: 'replayed', at: 'bob:wg0', count: 3 },
    { see: 'endpoint', host: 'bob', peer: 'alice', is: '198.51.100.1:51820' },
  ],
  twin: {
    about: 'The copy is held back and arrives as the first: it is no replay, and the endpoint follows it.',
    changes: [{ path: '/steps/0/act/hold', set: true }],
    fails: 'three replays dropped',
  },
} satisfies Scenario
