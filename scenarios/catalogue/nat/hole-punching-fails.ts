import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'Two peers behind port-randomising NATs can not connect directly',
  about: 'Each sends to a port at which the other NAT has no mapping. Keepalives go on for ever; nothing ever arrives.',
  claims: ['nat-07'],
  duration: '5m',

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
    wanda: {
      interfaces: { west: '192.168.1.5/24' },
      wg: {
        wg0: `[Interface]
PrivateKey = <wanda>
Address = 10.5.0.1/24
ListenPort = 51820

[Peer]
PublicKey = <edgar.pub>
Endpoint = 203.0.113.20:51820
AllowedIPs = 10.5.0.2/32
PersistentKeepalive = 25
`,
      },
    },
    edgar: {
      interfaces: { east: '192.168.2.5/24' },
      wg: {
        wg0: `[Interface]
PrivateKey = <edgar>
Address = 10.5.0.2/24
ListenPort = 51820

[Peer]
PublicKey = <wanda.pub>
Endpoint = 198.51.100.10:51820
AllowedIPs = 10.5.0.1/32
PersistentKeepalive = 25
`,
      },
    },
  },

  steps: [{ do: 'ping', at: '4m', name: 'direct', from: 'wanda', to: '10.5.0.2', count: 3 }],
  expect: [
    { see: 'lost', name: 'no way through', step: 'direct' },
    { see: 'handshakes', host: 'wanda', peer: 'edgar', count: 0 },
    { see: 'dropped', because: 'nat-no-mapping', at: 'eastgate', count: { min: 20 } },
  ],
  twin: {
    about: 'Both NATs keep the port.',
    changes: [
      { path: '/nats/westgate/ports', set: 'preserving' },
      { path: '/nats/eastgate/ports', set: 'preserving' },
    ],
    fails: 'no way through',
  },
} satisfies Scenario
