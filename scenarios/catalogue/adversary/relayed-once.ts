import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A packet that is relayed once moves the endpoint until the next one comes by itself',
  about:
    'Mallory takes one packet of alice and sends it from her own address: bob answers there. The next packet of alice brings him back.',
  claims: ['roam-05'],
  duration: '30s',
  networks: { internet: {} },
  hosts: {
    mallory: { interfaces: { internet: '192.0.2.66' }, probe: true },
    alice: {
      interfaces: { internet: '198.51.100.1' },
      wg: {
        wg0: `[Interface]
PrivateKey = <alice>
Address = 10.0.0.1/24
ListenPort = 51820

[Peer]
PublicKey = <bob.pub>
Endpoint = 203.0.113.2:51820
AllowedIPs = 10.0.0.2/32
`,
      },
    },
    bob: {
      interfaces: { internet: '203.0.113.2' },
      wg: {
        wg0: `[Interface]
PrivateKey = <bob>
Address = 10.0.0.2/24
ListenPort = 51820

[Peer]
PublicKey = <alice.pub>
AllowedIPs = 10.0.0.1/32
`,
      },
    },
  },
  steps: [
    { do: 'ping', at: '1s', name: 'hello', from: 'alice', to: '10.0.0.2' },
    {
      do: 'probe',
      at: '3s',
      host: 'mallory',
      act: { kind: 'relay', message: 'data', from: 'alice', to: 'bob', count: 1, hold: true, back: 'none' },
    },
    { do: 'send', at: '4s', name: 'by way of her', from: 'alice', to: '10.0.0.2:9' },
    { do: 'send', at: '10s', name: 'by itself', from: 'alice', to: '10.0.0.2:9' },
  ],
  expect: [
    { see: 'delivered', step: 'by way of her' },
    { see: 'delivered', step: 'by itself' },
    { see: 'endpoint', name: 'with her', host: 'bob', peer: 'alice', is: '192.0.2.66:51820', at: '8s' },
    { see: 'endpoint', name: 'and back', host: 'bob', peer: 'alice', is: '198.51.100.1:51820', at: '12s' },
  ],
  twin: { about: 'She takes two.', changes: [{ path: '/steps/1/act/count', set: 2 }], fails: 'and back' },
} satisfies Scenario
