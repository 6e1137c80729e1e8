import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A bounce peer connects what can not meet, and everything passes it in the clear',
  about:
    'Two peers that can not meet send by a third, which decrypts and encrypts again. The way is longer, and the bounce server sees plaintext: in its inner capture the pings of others pass.',
  claims: ['nat-09'],
  duration: '60s',

  networks: {
    internet: {},
    west: { kind: 'lan', gateway: '192.168.1.1' },
    east: { kind: 'lan', gateway: '192.168.2.1' },
  },
  nats: {
    westgate: {
      inside: { west: '192.168.1.1/24' },
      outside: { internet: '198.51.100.10' },
      mapping: 'address-and-port-dependent',
      filtering: 'address-and-port-dependent',
      ports: 'random',
    },
    eastgate: {
      inside: { east: '192.168.2.1/24' },
      outside: { internet: '203.0.113.20' },
      mapping: 'address-and-port-dependent',
      filtering: 'address-and-port-dependent',
      ports: 'random',
    },
  },
  hosts: {
    bounce: {
      interfaces: { internet: '192.0.2.1' },
      forward: true,
      wg: {
        wg0: `[Interface]
PrivateKey = <bounce>
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
    },
    laptop: {
      interfaces: { west: '192.168.1.5/24' },
      wg: {
        wg0: `[Interface]
PrivateKey = <laptop>
Address = 10.9.0.2/24

[Peer]
PublicKey = <bounce.pub>
Endpoint = 192.0.2.1:51820
PersistentKeepalive = 25
AllowedIPs = 10.9.0.0/24
`,
      },
    },
    phone: {
      interfaces: { east: '192.168.2.5/24' },
      wg: {
        wg0: `[Interface]
PrivateKey = <phone>
Address = 10.9.0.3/24

[Peer]
PublicKey = <bounce.pub>
Endpoint = 192.0.2.1:51820
PersistentKeepalive = 25
AllowedIPs = 10.9.0.0/24
`,
      },
    },
  },

  steps: [{ do: 'ping', at: '10s', name: 'by the bounce server', from: 'laptop', to: '10.9.0.3', count: 5 }],
  expect: [
    { see: 'delivered', name: 'bounced', step: 'by the bounce server' },
    { see: 'transfer', name: 'all of it passes there', host: 'bounce', peer: 'phone', tx: { min: 640 } },
    { see: 'handshakes', name: 'two tunnels', host: 'bounce', peer: 'phone', count: 1 },
  ],
  twin: {
    about: 'The bounce server does not forward.',
    changes: [{ path: '/hosts/bounce/forward', remove: true }],
    fails: 'bounced',
  },
} satisfies Scenario
