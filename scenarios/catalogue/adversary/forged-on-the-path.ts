import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'Who sits on the path and changes bytes can stop packets, and nothing else',
  about:
    'Mallory is on the network of bob. She flips a bit of three data packets and writes zeros into the index of a fourth: each is thrown away.',
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
      at: '3s',
      host: 'mallory',
      act: {
        kind: 'forge',
        message: 'data',
        from: 'alice',
        to: 'bob',
        network: 'internet',
        for: '2s',
        alter: [{ field: 'payload', flip: 3 }],
      },
    },
    { do: 'send', at: '4s', name: 'four', from: 'alice', to: '10.0.0.2:9', count: 3, interval: '100ms' },
    {
      do: 'probe',
      at: '6s',
      host: 'mallory',
      act: { kind: 'forge', message: 'data', count: 1, alter: [{ field: 'receiver', hex: '00000000' }] },
    },
    { do: 'send', at: '7s', name: 'fifth', from: 'alice', to: '10.0.0.2:9' },
    { do: 'send', at: '20s', name: 'after', from: 'alice', to: '10.0.0.2:9', count: 2 },
  ],
  expect: [
    { see: 'dropped', name: 'found by the tag', because: 'bad-data', at: 'bob:wg0', count: 3 },
    { see: 'dropped', name: 'no such session', because: 'unknown-session', at: 'bob:wg0', count: 1 },
    { see: 'delivered', step: 'after' },
  ],
  twin: {
    about: 'She changes one only.',
    changes: [{ path: '/steps/1/act/count', set: 1 }],
    fails: 'found by the tag',
  },
} satisfies Scenario
