import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'Two peers behind port-preserving NATs connect directly',
  about:
    "Fixed ports, each knows the other's outside address, both send keepalives: the initiations open both NATs from the inside.",
  claims: ['nat-06'],
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
      mapping: 'endpoint-independent',
      filtering: 'address-and-port-dependent',
      ports: 'preserving',
    },
    eastgate: {
      inside: { east: '192.168.2.1/24' },
      outside: { internet: '203.0.113.20' },
      mapping: 'endpoint-independent',
      filtering: 'address-and-port-dependent',
      ports: 'preserving',
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

  steps: [{ do: 'ping', at: '30s', name: 'direct', from: 'wanda', to: '10.5.0.2', count: 3 }],
  expect: [
    { see: 'delivered', name: 'connected', step: 'direct' },
    { see: 'endpoint', host: 'wanda', peer: 'edgar', is: '203.0.113.20:51820' },
  ],
  twin: {
    about: 'Both NATs choose a random port for each destination.',
    changes: [
      { path: '/nats/westgate/mapping', set: 'address-and-port-dependent' },
      { path: '/nats/westgate/ports', set: 'random' },
      { path: '/nats/eastgate/mapping', set: 'address-and-port-dependent' },
      { path: '/nats/eastgate/ports', set: 'random' },
    ],
    fails: 'connected',
  },
} satisfies Scenario
