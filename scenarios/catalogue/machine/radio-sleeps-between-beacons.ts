import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A phone whose radio dozes answers when the next beacon wakes it',
  about:
    'The access point keeps packets for a radio that sleeps until the next beacon. Nothing is lost, but what comes from outside can take the beacon interval longer.',
  duration: '30s',

  networks: { internet: {}, wifi: { kind: 'lan', gateway: '192.168.1.1' } },
  hosts: {
    phone: {
      interfaces: { wifi: '192.168.1.2/24' },
      radio: { wifi: { beacon: '300ms' } },
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

  steps: [{ do: 'ping', at: '2.01s', name: 'from outside', from: 'server', to: '10.0.0.1', count: 10 }],
  expect: [
    { see: 'delivered', step: 'from outside' },
    { see: 'lost', name: 'nothing is lost', step: 'from outside', count: 0 },
    { see: 'delivered', name: 'some wait for the beacon', step: 'from outside', within: '341ms' },
    { see: 'received', host: 'phone', what: 'fragment', count: 0 },
  ],
  twin: {
    about: 'Beacons come once a second.',
    changes: [{ path: '/hosts/phone/radio/wifi/beacon', set: '1s' }],
    fails: 'some wait for the beacon',
  },
} satisfies Scenario
