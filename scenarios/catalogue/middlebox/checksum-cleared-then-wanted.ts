import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A router that saves itself the checksum and a carrier that insists on one',
  about: 'IPv4 allows UDP without a checksum. Some boxes drop it all the same.',
  duration: '20s',
  networks: {
    internet: {},
    street: { kind: 'lan', gateway: '100.64.0.1' },
    home: { kind: 'lan', gateway: '192.168.1.1' },
  },
  nats: {
    router: { inside: { home: '192.168.1.1/24' }, outside: { street: '100.64.0.2/24' }, checksums: 'clear' },
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
  expect: [{ see: 'lost', name: 'dropped for it', step: 'hello', because: ['udp-checksum-missing'] }],
  twin: {
    about: 'The router keeps checksums right.',
    changes: [{ path: '/nats/router/checksums', set: 'update' }],
    fails: 'dropped for it',
  },
} satisfies Scenario
