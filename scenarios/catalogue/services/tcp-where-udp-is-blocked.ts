import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A network that blocks UDP lets the tunnel through when TCP carries it',
  about:
    'The hotel lets TCP out and no UDP. A small program on the laptop takes what WireGuard sends to 127.0.0.1 and carries it by a TCP connection to port 443 of the server.',
  claims: ['ops-06'],
  duration: '60s',

  networks: { internet: {}, hotel: { kind: 'lan', gateway: '192.168.1.1' } },
  nats: {
    gate: {
      inside: { hotel: '192.168.1.1/24' },
      outside: { internet: '203.0.113.77' },
      block: [{ protocol: 'udp' }],
    },
  },
  hosts: {
    laptop: {
      interfaces: { hotel: '192.168.1.10/24' },
      wg: {
        wg0: `[Interface]
PrivateKey = <laptop>
Address = 10.8.0.2/24
MTU = 1380

[Peer]
PublicKey = <server.pub>
Endpoint = 127.0.0.1:7000
AllowedIPs = 10.8.0.0/24
`,
      },
      services: {
        carrier: { kind: 'udp-over-tcp-client', listen: 7000, server: '198.51.100.1:443' },
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
      services: {
        carrier: { kind: 'udp-over-tcp-server', port: 443, to: '127.0.0.1:51820' },
      },
    },
  },

  steps: [
    { do: 'ping', at: '2s', name: 'out', from: 'laptop', to: '10.8.0.1', count: 5, size: 1200 },
    { do: 'ping', at: '20s', name: 'back', from: 'server', to: '10.8.0.2', count: 3 },
  ],
  expect: [
    { see: 'noted', host: 'laptop', text: 'connected to 198.51.100.1:443 by TCP', count: 1 },
    { see: 'delivered', name: 'by TCP', step: 'out' },
    { see: 'delivered', step: 'back' },
    { see: 'messages', name: 'no datagram of WireGuard on the wire', message: 'any', from: 'laptop', count: 0 },
  ],
  twin: {
    about: 'WireGuard speaks to the server itself, by UDP.',
    changes: [{ path: '/hosts/laptop/wg/wg0', replace: '127.0.0.1:7000', with: '198.51.100.1:51820' }],
    fails: 'by TCP',
  },
} satisfies Scenario
