import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A client of a signalling server that gives up on a peer early finds it where it has gone',
  about:
    'The phone has moved and says so to the hub alone. The laptop takes a handshake of twenty seconds ago for old, asks, and is told.',
  duration: '2m',
  networks: { internet: {} },
  hosts: {
    hub: {
      interfaces: { internet: '192.0.2.1' },
      wg: {
        wg0: `[Interface]
PrivateKey = <hub>
Address = 10.9.0.1/24
ListenPort = 51820

[Peer]
PublicKey = <laptop.pub>
AllowedIPs = 10.9.0.2/32

[Peer]
PublicKey = <phone.pub>
AllowedIPs = 10.9.0.3/32
`,
      },
      services: { signal: { kind: 'signal-server', iface: 'wg0', port: 6000 } },
    },
    laptop: {
      interfaces: { internet: '198.51.100.5' },
      wg: {
        wg0: `[Interface]
PrivateKey = <laptop>
Address = 10.9.0.2/24

[Peer]
PublicKey = <hub.pub>
Endpoint = 192.0.2.1:51820
AllowedIPs = 10.9.0.1/32
PersistentKeepalive = 25

[Peer]
PublicKey = <phone.pub>
AllowedIPs = 10.9.0.3/32
`,
      },
      services: {
        finder: {
          kind: 'signal-client',
          iface: 'wg0',
          server: '10.9.0.1:6000',
          peers: ['phone'],
          every: '40s',
          stale: '20s',
        },
      },
    },
    phone: {
      interfaces: { internet: '203.0.113.5' },
      wg: {
        wg0: `[Interface]
PrivateKey = <phone>
Address = 10.9.0.3/24

[Peer]
PublicKey = <hub.pub>
Endpoint = 192.0.2.1:51820
AllowedIPs = 10.9.0.1/32
PersistentKeepalive = 25

[Peer]
PublicKey = <laptop.pub>
AllowedIPs = 10.9.0.2/32
`,
      },
    },
  },
  steps: [
    { do: 'ping', at: '8s', name: 'before', from: 'laptop', to: '10.9.0.3' },
    { do: 'roam', at: '25s', host: 'phone', network: 'internet', attachment: '203.0.113.99' },
    { do: 'ping', at: '35s', name: 'nobody has asked', from: 'laptop', to: '10.9.0.3' },
    { do: 'ping', at: '70s', name: 'found again', from: 'laptop', to: '10.9.0.3' },
  ],
  expect: [
    { see: 'delivered', step: 'before' },
    { see: 'lost', name: 'not yet', step: 'nobody has asked' },
    { see: 'delivered', name: 'at once', step: 'found again', within: '1s' },
  ],
  twin: {
    about: 'A handshake is trusted for three minutes.',
    changes: [{ path: '/hosts/laptop/services/finder/stale', remove: true }],
    fails: 'at once',
  },
} satisfies Scenario
