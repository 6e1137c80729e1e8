import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A fair queue lets the tunnel pass beside a backup that fills the line',
  about:
    'The backup sends more than the line carries. With one queue for all, each packet of the tunnel waits behind a second of backup; with fq_codel the tunnel is a flow of its own, and waits for one packet.',
  duration: '20s',
  networks: { internet: {} },
  hosts: {
    alice: {
      interfaces: {
        internet: { address: '198.51.100.1', up: { rate: '1Mbit', queue: 120, discipline: { kind: 'fq-codel' } } },
      },
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
    web: { interfaces: { internet: '203.0.113.9' } },
  },
  steps: [
    { do: 'ping', at: '1s', name: 'hello', from: 'alice', to: '10.0.0.2' },
    {
      do: 'send',
      at: '3s',
      name: 'backup',
      from: 'alice',
      to: '203.0.113.9:9',
      count: 1500,
      interval: '8ms',
      size: 1200,
    },
    { do: 'ping', at: '6s', name: 'meanwhile', from: 'alice', to: '10.0.0.2', count: 5 },
  ],
  expect: [{ see: 'delivered', name: 'as if alone', step: 'meanwhile', within: '100ms' }],
  twin: {
    about: 'First in, first out.',
    changes: [{ path: '/hosts/alice/interfaces/internet/up/discipline', set: { kind: 'drop-tail' } }],
    fails: 'as if alone',
  },
} satisfies Scenario
