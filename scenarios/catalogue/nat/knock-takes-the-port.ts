import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'An uninvited packet takes the port of a tunnel away, towards its sender',
  about:
    'Linux that accepts packets for itself remembers them. When the laptop then speaks to the same server, its own port is taken, and it gets another.',
  duration: '20s',
  networks: { internet: {}, home: { kind: 'lan', gateway: '192.168.1.1' } },
  nats: {
    router: {
      inside: { home: '192.168.1.1/24' },
      outside: { internet: '203.0.113.77' },
      mapping: 'address-dependent',
      sharing: 'by-remote',
    },
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
  steps: [
    { do: 'send', at: '1s', name: 'knock', from: 'server', to: '203.0.113.77:51820' },
    { do: 'ping', at: '5s', name: 'hello', from: 'laptop', to: '10.8.0.1' },
  ],
  expect: [
    { see: 'delivered', step: 'hello' },
    { see: 'endpoint', name: 'kept its port', host: 'server', peer: 'laptop', is: '203.0.113.77:51820' },
  ],
  twin: {
    about: 'The knock is remembered.',
    changes: [{ path: '/nats/router/unsolicited', set: 'occupies' }],
    fails: 'kept its port',
  },
} satisfies Scenario
