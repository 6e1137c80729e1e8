import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'The NAT reboots in mid-session, and nobody notices',
  about:
    'After the flush the laptop gets another outside port. The next authentic packet moves the endpoint; no new handshake is needed.',
  claims: ['nat-10', 'nat-13'],
  duration: '60s',

  networks: { internet: {}, home: { kind: 'lan', gateway: '192.168.1.1' } },
  nats: {
    router: {
      inside: { home: '192.168.1.1/24' },
      outside: { internet: '203.0.113.77' },
      ports: 'random',
    },
  },
  hosts: {
    laptop: {
      interfaces: { home: '192.168.1.10/24' },
      wg: {
        wg0: `[Interface]
PrivateKey = <laptop>
Address = 10.8.0.2/24

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
    { do: 'ping', at: '1s', name: 'before', from: 'laptop', to: '10.8.0.1', count: 10 },
    { do: 'nat', at: '22s', nat: 'router', flush: true },
    { do: 'ping', at: '23s', name: 'after', from: 'laptop', to: '10.8.0.1', count: 10 },
    { do: 'ping', at: '40s', name: 'the other way', from: 'server', to: '10.8.0.2' },
  ],
  expect: [
    { see: 'delivered', step: 'before' },
    { see: 'delivered', name: 'heals at once', step: 'after' },
    { see: 'delivered', step: 'the other way' },
    { see: 'messages', name: 'no new handshake', message: 'initiation', from: 'laptop', count: 1 },
  ],
  twin: {
    about: 'After the flush only the server speaks: its packets find no mapping.',
    changes: [
      { path: '/steps/2/from', set: 'server' },
      { path: '/steps/2/to', set: '10.8.0.2' },
    ],
    fails: 'heals at once',
  },
} satisfies Scenario
