import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A queue that is counted in bytes has room for many small packets and few large ones',
  about:
    'Twenty large packets at once do not fit into ten thousand bytes; twenty small ones do. Counted in packets, both would.',
  duration: '20s',
  networks: { internet: {} },
  hosts: {
    alice: {
      interfaces: { internet: { address: '198.51.100.1', up: { rate: '1Mbit', queue: 1000, queue_bytes: 10000 } } },
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
    { do: 'send', at: '3s', name: 'small', from: 'alice', to: '10.0.0.2:9', count: 20, interval: '0s', size: 100 },
    { do: 'send', at: '6s', name: 'large', from: 'alice', to: '10.0.0.2:9', count: 20, interval: '0s', size: 1200 },
  ],
  expect: [
    { see: 'delivered', step: 'small' },
    { see: 'lost', name: 'large ones do not fit', step: 'large', count: { min: 8, max: 14 }, because: ['queue-full'] },
  ],
  twin: {
    about: 'Counted in packets alone.',
    changes: [{ path: '/hosts/alice/interfaces/internet/up/queue_bytes', remove: true }],
    fails: 'large ones do not fit',
  },
} satisfies Scenario
