import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A relay that forgets who is silent for half a minute has room for a new mapping',
  about:
    'The router of the laptop starts anew, and the laptop comes from another port. The relay holds two at a time; the old one is forgotten after half a minute, and the pair is whole again.',
  duration: '100s',

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
      services: { carrier: { kind: 'udp-relay', ports: [7001], idle: '30s' } },
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
    { do: 'ping', at: '47s', name: 'no room', from: 'laptop', to: '10.9.0.3', count: 3 },
    { do: 'ping', at: '90s', name: 'room again', from: 'laptop', to: '10.9.0.3' },
  ],
  expect: [
    { see: 'delivered', step: 'by the relay' },
    { see: 'dropped', because: 'relay-full', at: 'relay', count: { min: 1 } },
    { see: 'delivered', name: 'forgotten in time', step: 'room again', within: '2s' },
  ],
  twin: {
    about: 'It remembers for a minute.',
    changes: [{ path: '/hosts/relay/services/carrier/idle', remove: true }],
    fails: 'forgotten in time',
  },
} satisfies Scenario
