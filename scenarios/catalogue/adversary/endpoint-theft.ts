import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: "Who relays faster than the path becomes the endpoint, until the victim's own packet wins again",
  about:
    'Mallory sits in the same cafe, with a faster line of her own. She copies what the laptop sends and relays it: her copy comes first, is authentic, and moves the endpoint of the laptop to her. She reads nothing; but when she stops, what the server sends is lost until the laptop speaks.',
  claims: ['roam-05'],
  duration: '60s',

  networks: { internet: { link: { delay: '5ms' } }, cafe: { kind: 'lan', gateway: '192.168.7.1' } },
  nats: {
    router: {
      inside: { cafe: '192.168.7.1/24' },
      outside: {
        internet: { address: '203.0.113.77', up: { delay: '60ms' }, down: { delay: '60ms' } },
      },
    },
  },
  hosts: {
    mallory: { interfaces: { cafe: '192.168.7.66/24', internet: '192.0.2.66' }, probe: true },
    laptop: {
      interfaces: { cafe: '192.168.7.10/24' },
      wg: {
        wg0: `[Interface]
PrivateKey = <laptop>
Address = 10.8.0.2/24
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
PublicKey = <laptop.pub>
AllowedIPs = 10.8.0.2/32
`,
      },
    },
  },

  steps: [
    { do: 'ping', at: '1s', name: 'before', from: 'laptop', to: '10.8.0.1' },
    {
      do: 'probe',
      at: '5s',
      name: 'theft',
      host: 'mallory',
      act: { kind: 'relay', from: 'laptop', to: 'server', network: 'cafe', back: 'spoofed', for: '10s' },
    },
    { do: 'ping', at: '6s', name: 'by way of mallory', from: 'laptop', to: '10.8.0.1', count: 3 },
    { do: 'ping', at: '12s', name: 'to mallory too', from: 'server', to: '10.8.0.2' },
    { do: 'ping', at: '20s', name: 'into the void', from: 'server', to: '10.8.0.2' },
    { do: 'ping', at: '35s', name: 'the laptop speaks', from: 'laptop', to: '10.8.0.1', count: 3 },
    { do: 'ping', at: '45s', name: 'healed', from: 'server', to: '10.8.0.2' },
  ],
  expect: [
    { see: 'endpoint', name: 'stolen', host: 'server', peer: 'laptop', is: '192.0.2.66:51820', at: '14s' },
    { see: 'delivered', name: 'she carries on', step: 'by way of mallory' },
    { see: 'delivered', step: 'to mallory too' },
    { see: 'lost', name: 'lost with her', step: 'into the void' },
    { see: 'delivered', name: 'the way back', step: 'the laptop speaks' },
    { see: 'endpoint', name: 'and moved back', host: 'server', peer: 'laptop', is: '203.0.113.77:51820' },
    { see: 'delivered', step: 'healed' },
  ],
  twin: {
    about: "Her line is slower than the cafe's: the original comes first, and her copies are replays.",
    changes: [
      {
        path: '/hosts/mallory/interfaces/internet',
        set: { address: '192.0.2.66', up: { delay: '200ms' } },
      },
    ],
    fails: 'stolen',
  },
} satisfies Scenario
