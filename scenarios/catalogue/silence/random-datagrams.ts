import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A thousand random datagrams, and not one byte comes back',
  claims: ['quiet-01', 'quiet-06'],
  about: 'Whoever does not hold the public key learns nothing: a WireGuard port looks like a port behind a firewall.',
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
    {
      do: 'probe',
      at: '1s',
      name: 'noise',
      host: 'mallory',
      act: { kind: 'random', to: '203.0.113.2:51820', count: 1000, size: { min: 0, max: 1400 }, interval: '1ms' },
    },
    { do: 'probe', at: '1s', name: 'listen', host: 'mallory', act: { kind: 'expect-silence', for: '20s' } },
    { do: 'ping', at: '5s', name: 'still well', from: 'alice', to: '10.0.0.2' },
  ],
  expect: [
    {
      see: 'dropped',
      name: 'one after the other',
      because: 'unknown-type',
      at: 'bob:wg0',
      between: ['1.5s', '2.1s'],
      count: { min: 300 },
    },
    { see: 'messages', name: 'bob says nothing', message: 'any', from: 'bob', between: ['0s', '5s'], count: 0 },
    { see: 'delivered', step: 'still well' },
  ],
  twin: {
    about: "The probe knows bob's key and is a peer: bob answers.",
    changes: [
      {
        path: '/steps/0/act',
        set: { kind: 'initiate', peer: 'bob', key: 'alice', to: '203.0.113.2:51820', save: 'init' },
      },
    ],
    fails: 'bob says nothing',
  },
} satisfies Scenario
