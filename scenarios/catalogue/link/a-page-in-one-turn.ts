import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A flow that may send much in its turn sends a whole page before the others go on',
  about:
    'The quantum is how many bytes a flow sends before the next one has its turn. With 60000 bytes the page is through in the first; with a packet a turn it shares the line with the backup.',
  duration: '20s',
  networks: { internet: {} },
  hosts: {
    alice: {
      interfaces: {
        internet: {
          address: '198.51.100.1',
          up: {
            rate: '1Mbit',
            queue: 1000,
            discipline: { kind: 'fq-codel', quantum: 60000, interval: '100s', target: '10s' },
          },
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
    { do: 'send', at: '6s', name: 'page', from: 'alice', to: '10.0.0.2:9', count: 20, interval: '0s', size: 1200 },
  ],
  expect: [{ see: 'delivered', name: 'in one go', step: 'page', within: '260ms' }],
  twin: {
    about: 'About a packet in each turn.',
    changes: [{ path: '/hosts/alice/interfaces/internet/up/discipline/quantum', remove: true }],
    fails: 'in one go',
  },
} satisfies Scenario
