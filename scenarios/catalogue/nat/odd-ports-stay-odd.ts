import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A NAT that keeps the parity of ports skips every second one',
  about:
    'RTP once wanted an even port and the odd one above it (RFC 4787 REQ-4). Ann and Ben both listen on 51820: the second gets 51822 and not 51821.',
  duration: '20s',
  networks: { internet: {}, home: { kind: 'lan', gateway: '192.168.1.1' } },
  nats: { router: { inside: { home: '192.168.1.1/24' }, outside: { internet: '203.0.113.77' }, port_parity: true } },
  hosts: {
    ann: {
      interfaces: { home: '192.168.1.10/24' },
      wg: {
        wg0: `[Interface]
PrivateKey = <ann>
Address = 10.8.0.2/24
ListenPort = 51820

[Peer]
PublicKey = <server.pub>
Endpoint = 198.51.100.1:51820
AllowedIPs = 10.8.0.0/24
`,
      },
    },
    ben: {
      interfaces: { home: '192.168.1.11/24' },
      wg: {
        wg0: `[Interface]
PrivateKey = <ben>
Address = 10.8.0.3/24
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
PublicKey = <ann.pub>
AllowedIPs = 10.8.0.2/32

[Peer]
PublicKey = <ben.pub>
AllowedIPs = 10.8.0.3/32
`,
      },
    },
  },
  steps: [
    { do: 'ping', at: '1s', name: 'hello', from: 'ann', to: '10.8.0.1' },
    { do: 'ping', at: '3s', name: 'second', from: 'ben', to: '10.8.0.1' },
  ],
  expect: [
    { see: 'delivered', step: 'hello' },
    { see: 'delivered', step: 'second' },
    { see: 'endpoint', name: 'even as inside', host: 'server', peer: 'ben', is: '203.0.113.77:51822' },
  ],
  twin: {
    about: 'Parity is nothing to it.',
    changes: [{ path: '/nats/router/port_parity', remove: true }],
    fails: 'even as inside',
  },
} satisfies Scenario
