import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A fair queue that has only one queue is fair to nobody',
  about:
    'All flows are hashed to one queue. When it is full it drops from the front, whoever that is: the tunnel pays for the backup.',
  duration: '20s',
  networks: { internet: {} },
  hosts: {
    alice: {
      interfaces: {
        internet: {
          address: '198.51.100.1',
          up: { rate: '1Mbit', queue: 60, discipline: { kind: 'fq-codel', flows: 1, interval: '100s', target: '10s' } },
        },
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
    { do: 'send', at: '6s', name: 'stream', from: 'alice', to: '10.0.0.2:9', count: 100, interval: '50ms' },
  ],
  expect: [{ see: 'lost', name: 'the tunnel pays', step: 'stream', count: { min: 10 } }],
  twin: {
    about: 'A queue for each flow.',
    changes: [{ path: '/hosts/alice/interfaces/internet/up/discipline/flows', remove: true }],
    fails: 'the tunnel pays',
  },
} satisfies Scenario
