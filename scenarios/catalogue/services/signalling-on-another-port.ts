import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A signalling server on a port of its own, asked once a minute, with a keepalive of ten seconds',
  about:
    'The first answer is enough: the laptop asks once a minute, and in between its own keepalive holds the path open.',
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
          every: '60s',
          keepalive: 10,
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
    { do: 'ping', at: '20s', name: 'at first', from: 'laptop', to: '10.9.0.3' },
    { do: 'ping', at: '80s', name: 'found', from: 'laptop', to: '10.9.0.3' },
  ],
  expect: [
    { see: 'delivered', step: 'at first' },
    {
      see: 'messages',
      name: 'a keepalive each ten seconds',
      message: 'keepalive',
      from: 'laptop',
      to: 'phone',
      between: ['85s', '2m'],
      count: { min: 3 },
    },
    { see: 'delivered', name: 'and later', step: 'found' },
  ],
  twin: {
    about: 'The keepalive of the program, 25 seconds.',
    changes: [{ path: '/hosts/laptop/services/finder/keepalive', remove: true }],
    fails: 'a keepalive each ten seconds',
  },
} satisfies Scenario
