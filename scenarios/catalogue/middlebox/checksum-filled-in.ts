import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A box that fills in missing checksums saves those whom the next one would drop',
  about: 'The router at home clears them, the one of the house makes them anew, the carrier insists on them.',
  duration: '20s',
  networks: {
    internet: {},
    street: { kind: 'lan', gateway: '100.64.0.1' },
    home: { kind: 'lan', gateway: '192.168.1.1' },
    block: { kind: 'lan', gateway: '100.65.0.1' },
  },
  nats: {
    router: { inside: { home: '192.168.1.1/24' }, outside: { block: '100.65.0.2/24' }, checksums: 'clear' },
    house: { inside: { block: '100.65.0.1/24' }, outside: { street: '100.64.0.2/24' }, checksums: 'fill' },
    carrier: { inside: { street: '100.64.0.1/24' }, outside: { internet: '203.0.113.77' }, checksums: 'refuse-none' },
  },
  hosts: {
    laptop: {
      interfaces: { home: '192.168.1.10/24' },
      wg: {
        wg0: `[Interface]
PrivateKey = <laptop>
Address = 10.8.0.2/24
ListenPort = 51820

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
  steps: [{ do: 'ping', at: '1s', name: 'hello', from: 'laptop', to: '10.8.0.1' }],
  expect: [{ see: 'delivered', name: 'saved', step: 'hello' }],
  twin: {
    about: 'The box in the middle leaves them out.',
    changes: [{ path: '/nats/house/checksums', remove: true }],
    fails: 'saved',
  },
} satisfies Scenario
