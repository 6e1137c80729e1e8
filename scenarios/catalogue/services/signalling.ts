import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A signalling server that is a peer of both tells each where the other is, and they meet',
  about:
    "Both NATs give each socket a random port, so nobody knows it beforehand. The hub does: `wg show endpoints` tells it the mapping of WireGuard's own sockets. It hands them out through the tunnel, each side sets the endpoint of the other, and from then on the hub is not needed any more.",
  claims: ['nat-08'],
  duration: '90s',

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
      ports: 'random',
    },
    eastgate: {
      inside: { east: '192.168.2.1/24' },
      outside: { internet: '203.0.113.20' },
      mapping: 'endpoint-independent',
      filtering: 'address-and-port-dependent',
      ports: 'random',
    },
  },
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
      services: { signal: { kind: 'signal-server', iface: 'wg0' } },
    },
    laptop: {
      interfaces: { west: '192.168.1.5/24' },
      wg: {
        wg0: `[Interface]
PrivateKey = <laptop>
Address = 10.9.0.2/24

[Peer]
PublicKey = <hub.pub>
Endpoint = 192.0.2.1:51820
PersistentKeepalive = 25
AllowedIPs = 10.9.0.1/32

[Peer]
PublicKey = <phone.pub>
AllowedIPs = 10.9.0.3/32
`,
      },
      services: {
        finder: { kind: 'signal-client', iface: 'wg0', server: '10.9.0.1:5351', peers: ['phone'] },
      },
    },
    phone: {
      interfaces: { east: '192.168.2.5/24' },
      wg: {
        wg0: `[Interface]
PrivateKey = <phone>
Address = 10.9.0.3/24

[Peer]
PublicKey = <hub.pub>
Endpoint = 192.0.2.1:51820
PersistentKeepalive = 25
AllowedIPs = 10.9.0.1/32

[Peer]
PublicKey = <laptop.pub>
AllowedIPs = 10.9.0.2/32
`,
      },
      services: {
        finder: { kind: 'signal-client', iface: 'wg0', server: '10.9.0.1:5351', peers: ['laptop'] },
      },
    },
  },

  steps: [
    { do: 'link', at: '30s', node: 'hub', network: 'internet', set: { cut: true } },
    { do: 'ping', at: '40s', name: 'direct', from: 'laptop', to: '10.9.0.3', count: 20 },
  ],
  expect: [
    {
      see: 'noted',
      name: 'the hub says where',
      host: 'hub',
      text: 'told laptop: phone is at 203.0.113.20:',
      count: { min: 1 },
    },
    { see: 'noted', name: 'to both', host: 'hub', text: 'told phone: laptop is at 198.51.100.10:', count: { min: 1 } },
    { see: 'handshakes', name: 'they shake hands', host: 'laptop', peer: 'phone', count: { min: 1 } },
    { see: 'delivered', name: 'without the hub', step: 'direct' },
  ],
  twin: {
    about: 'One NAT gives every destination a port of its own: what the hub saw is not what the phone would need.',
    changes: [
      { path: '/nats/westgate/mapping', set: 'address-and-port-dependent' },
      { path: '/nats/eastgate/mapping', set: 'address-and-port-dependent' },
    ],
    fails: 'without the hub',
  },
} satisfies Scenario
