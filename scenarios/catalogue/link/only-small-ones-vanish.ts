import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A box that takes small packets for an attack lets the handshake pass and eats the keepalives',
  about:
    'A keepalive is 60 bytes with its IP header. What is smaller than 100 bytes is lost here: ping works, and the one who only listens is never heard.',
  duration: '60s',
  networks: { internet: {} },
  hosts: {
    alice: {
      interfaces: { internet: { address: '198.51.100.1', up: { lose: [{ size: { max: 100 } }] } } },
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
    { do: 'send', at: '5s', name: 'news', from: 'bob', to: '10.0.0.1:9', count: 3 },
  ],
  expect: [
    { see: 'delivered', step: 'hello' },
    { see: 'delivered', step: 'news' },
    { see: 'dropped', name: 'keepalives are eaten', because: 'listed-loss', count: { min: 1 } },
  ],
  twin: {
    about: 'Smaller than 50 bytes alone.',
    changes: [{ path: '/hosts/alice/interfaces/internet/up/lose/0/size/max', set: 50 }],
    fails: 'keepalives are eaten',
  },
} satisfies Scenario
