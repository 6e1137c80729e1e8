import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A relay that carries ciphertext connects what no signalling can, and holds no key',
  about:
    'Two port-randomising NATs: nothing passes directly. Both sides name one port of a relay as the endpoint of the other. The handshake is between the two alone; the relay has no tunnel.',
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
    relay: {
      interfaces: { internet: '192.0.2.1' },
      services: { carrier: { kind: 'udp-relay', ports: [7001] } },
    },
    laptop: {
      interfaces: { west: '192.168.1.5/24' },
      wg: {
        wg0: `[Interface]
PrivateKey = <laptop>
Address = 10.9.0.2/24

[Peer]
PublicKey = <phone.pub>
Endpoint = 192.0.2.1:7001
PersistentKeepalive = 25
AllowedIPs = 10.9.0.3/32
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
PublicKey = <laptop.pub>
Endpoint = 192.0.2.1:7001
PersistentKeepalive = 25
AllowedIPs = 10.9.0.2/32
`,
      },
    },
  },

  steps: [
    { do: 'ping', at: '20s', name: 'by the relay', from: 'laptop', to: '10.9.0.3', count: 5, interval: '5s' },
    { do: 'nat', at: '46s', nat: 'westgate', flush: true },
    { do: 'ping', at: '47s', name: 'after a new mapping', from: 'laptop', to: '10.9.0.3', count: 3 },
  ],
  expect: [
    { see: 'delivered', name: 'connected', step: 'by the relay' },
    { see: 'handshakes', host: 'laptop', peer: 'phone', count: 1 },
    { see: 'dropped', name: 'an old mapping blocks the pair', because: 'relay-full', at: 'relay', count: { min: 1 } },
    { see: 'lost', step: 'after a new mapping' },
  ],
  twin: {
    about: 'The relay listens on another port.',
    changes: [{ path: '/hosts/relay/services/carrier/ports', set: [7002] }],
    fails: 'connected',
  },
} satisfies Scenario
