import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A bit flipped at random is found by a checksum or by the tag: never is a damaged packet delivered',
  about:
    'Three packets in ten get one wrong bit. Most are found by the UDP checksum; those that would pass it can not pass the tag of ChaCha20-Poly1305.',
  duration: '40s',
  networks: { internet: {} },
  hosts: {
    alice: {
      interfaces: { internet: { address: '198.51.100.1', up: { corrupt: 0.3 } } },
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
    { do: 'ping', at: '1s', name: 'hello', from: 'alice', to: '10.0.0.2', count: 8 },
    { do: 'send', at: '12s', name: 'stream', from: 'alice', to: '10.0.0.2:9', count: 200, interval: '100ms' },
  ],
  expect: [
    {
      see: 'lost',
      name: 'damaged ones are thrown away',
      step: 'stream',
      count: { min: 30, max: 90 },
      because: ['bad-checksum'],
    },
  ],
  twin: {
    about: 'A clean line.',
    changes: [{ path: '/hosts/alice/interfaces/internet/up/corrupt', remove: true }],
    fails: 'damaged ones are thrown away',
  },
} satisfies Scenario
