import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'An access point that keeps nothing for a sleeping radio loses what comes from outside',
  about:
    'What the phone asks for itself arrives, because asking wakes its radio. What others begin meets a radio that dozes, and is gone.',
  duration: '30s',

  networks: { internet: {}, wifi: { kind: 'lan', gateway: '192.168.1.1' } },
  hosts: {
    phone: {
      interfaces: { wifi: '192.168.1.2/24' },
      radio: { wifi: { buffer: 0 } },
      wg: {
        wg0: `[Interface]
PrivateKey = <phone>
Address = 10.0.0.1/24
ListenPort = 51820

[Peer]
PublicKey = <server.pub>
Endpoint = 203.0.113.2:51820
AllowedIPs = 10.0.0.2/32
PersistentKeepalive = 25
`,
      },
    },
    server: {
      interfaces: { internet: '203.0.113.2' },
      wg: {
        wg0: `[Interface]
PrivateKey = <server>
Address = 10.0.0.2/24
ListenPort = 51820

[Peer]
PublicKey = <phone.pub>
AllowedIPs = 10.0.0.1/32
`,
      },
    },
  },
  nats: { home: { inside: { wifi: '192.168.1.1/24' }, outside: { internet: '198.51.100.1' } } },

  steps: [
    { do: 'ping', at: '2s', name: 'asked by the phone', from: 'phone', to: '10.0.0.2', count: 5 },
    { do: 'ping', at: '10s', name: 'from outside', from: 'server', to: '10.0.0.1', count: 3 },
  ],
  expect: [
    { see: 'delivered', step: 'asked by the phone' },
    { see: 'lost', name: 'nobody hears', step: 'from outside', because: ['radio-asleep'] },
  ],
  twin: {
    about: 'The access point keeps packets until the next beacon.',
    changes: [{ path: '/hosts/phone/radio/wifi/buffer', set: 64 }],
    fails: 'nobody hears',
  },
} satisfies Scenario
