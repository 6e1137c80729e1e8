import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'Whatever a scan sends, a port of WireGuard is as silent as one that drops',
  about: 'Empty datagrams and random ones: the closed ports say so, the one of WireGuard says nothing.',
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
      name: 'random',
      host: 'mallory',
      act: { kind: 'scan', to: '203.0.113.2', ports: [51819, 51821], with: 'random', within: '1s' },
    },
    {
      do: 'probe',
      at: '5s',
      name: 'empty',
      host: 'mallory',
      act: { kind: 'scan', to: '203.0.113.2', ports: [51819, 51821], with: 'empty', within: '1s' },
    },
  ],
  expect: [
    { see: 'dropped', name: 'thrown away', because: 'unknown-type', at: 'bob:wg0', count: 1 },
    {
      see: 'noted',
      name: 'after a second',
      host: 'mallory',
      text: '0 open; 2 closed; 1 silent',
      between: ['1.5s', '2.5s'],
      count: 1,
    },
    { see: 'dropped', name: 'nothing in it', because: 'too-short', at: 'bob:wg0', count: 1 },
  ],
  twin: {
    about: 'The random one asks elsewhere.',
    changes: [{ path: '/steps/0/act/ports', set: [51830, 51831] }],
    fails: 'thrown away',
  },
} satisfies Scenario
