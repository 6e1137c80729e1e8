import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A NAT that knows only first fragments loses every large packet',
  about:
    'The path cuts the outer packet of 1480 bytes in two. Only the first piece has ports; this NAT does not know whose the second one is.',
  claims: ['mtu-05'],
  duration: '60s',
  networks: { internet: {}, home: { kind: 'lan', gateway: '192.168.1.1' } },
  nats: {
    router: {
      inside: { home: '192.168.1.1/24' },
      outside: { internet: { address: '203.0.113.77', down: { mtu: 1400 } } },
      fragment_order: 'first-only',
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
  steps: [
    { do: 'ping', at: '1s', name: 'small', from: 'laptop', to: '10.8.0.1', count: 3 },
    { do: 'ping', at: '10s', name: 'large', from: 'server', to: '10.8.0.2', count: 3, size: 1372 },
  ],
  expect: [
    { see: 'delivered', step: 'small' },
    {
      see: 'lost',
      name: 'large ones hang',
      step: 'large',
      because: ['fragment-dropped', 'reassembly-timeout'],
    },
  ],
  twin: {
    about: 'The NAT puts fragments together.',
    changes: [{ path: '/nats/router/fragment_order', set: 'joined' }],
    fails: 'large ones hang',
  },
} satisfies Scenario
