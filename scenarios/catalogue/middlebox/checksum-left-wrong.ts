import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A router that changes the address and not the checksum silences everything',
  about:
    'With a broken checksum offload, packets leave the NAT with the UDP checksum they came in with. The receiver throws each of them away before WireGuard sees it, so that nothing there shows a trace.',
  duration: '30s',
  networks: { internet: {}, home: { kind: 'lan', gateway: '192.168.1.1' } },
  nats: {
    router: {
      inside: { home: '192.168.1.1/24' },
      outside: { internet: '203.0.113.77' },
      checksums: 'leave',
    },
  },
  hosts: {
    laptop: {
      interfaces: { home: '192.168.1.10/24' },
      wg: {
        wg0: `[Interface]
PrivateKey = <laptop>
Address = 10.8.0.2/24

[Peer]
PublicKey = <server.pub>
Endpoint = 198.51.100.1:51820
AllowedIPs = 10.8.0.0/24
`,
      },
    },
    server: {
      interfaces: { internet: '198.51.100.1' },
      wg: {
        wg0: `[Interface]
PrivateKey = <server>
Address = 10.8.0.1/24
ListenPort = 51820

[Peer]
PublicKey = <laptop.pub>
AllowedIPs = 10.8.0.2/32
`,
      },
    },
  },
  steps: [{ do: 'ping', at: '1s', name: 'hello', from: 'laptop', to: '10.8.0.1', count: 5 }],
  expect: [
    { see: 'lost', name: 'nothing gets through', step: 'hello' },
    {
      see: 'dropped',
      name: 'at the receiver',
      because: 'bad-checksum',
      at: 'server',
      count: { min: 3 },
    },
    { see: 'messages', name: 'the server never speaks', message: 'any', from: 'server', count: 0 },
  ],
  twin: {
    about: 'The checksum is updated with the address.',
    changes: [{ path: '/nats/router/checksums', set: 'update' }],
    fails: 'nothing gets through',
  },
} satisfies Scenario
