import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'Who delays one network for a while delays what passes it then',
  about: 'Five seconds long everything to bob is held back for two. What comes later is as fast as ever.',
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
      act: { kind: 'delay', to: 'bob', network: 'internet', for: '5s', delay: '2s' },
    },
    { do: 'send', at: '4s', name: 'held', from: 'alice', to: '10.0.0.2:9', count: 3, interval: '100ms' },
    { do: 'ping', at: '15s', name: 'later', from: 'alice', to: '10.0.0.2', count: 3 },
  ],
  expect: [
    { see: 'delivered', step: 'held' },
    { see: 'delivered', name: 'fast again', step: 'later', within: '50ms' },
  ],
  twin: {
    about: 'She goes on to the end.',
    changes: [{ path: '/steps/1/act/for', remove: true }],
    fails: 'fast again',
  },
} satisfies Scenario
