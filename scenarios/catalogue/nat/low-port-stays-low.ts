import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A tunnel on port 443 keeps it through one NAT and loses it through another',
  about:
    'RFC 4787 REQ-3a lets a port below 1024 stay below. This NAT has one range for all, and gives the first port of it.',
  duration: '20s',
  networks: { internet: {}, home: { kind: 'lan', gateway: '192.168.1.1' } },
  nats: {
    router: {
      inside: { home: '192.168.1.1/24' },
      outside: { internet: '203.0.113.77' },
      port_class: 'none',
      port_range: [20000, 30000],
    },
  },
  hosts: {
    laptop: {
      interfaces: { home: '192.168.1.10/24' },
      wg: {
        wg0: `[Interface]
PrivateKey = <laptop>
Address = 10.8.0.2/24
ListenPort = 443

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
  expect: [
    { see: 'delivered', step: 'hello' },
    { see: 'endpoint', name: 'a port of the range', host: 'server', peer: 'laptop', is: '203.0.113.77:20000' },
  ],
  twin: {
    about: 'Low ports stay low.',
    changes: [{ path: '/nats/router/port_class', remove: true }],
    fails: 'a port of the range',
  },
} satisfies Scenario
