import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A phone leaves the Wi-Fi and the tunnel goes with it',
  about:
    'The server follows the source address of the last authentic packet. No new handshake, and at most the packets of the moment are lost.',
  claims: ['roam-01', 'roam-02'],
  duration: '60s',
  networks: { internet: {}, wifi: { kind: 'lan', gateway: '192.168.1.1' } },
  nats: { router: { inside: { wifi: '192.168.1.1/24' }, outside: { internet: '203.0.113.77' } } },
  hosts: {
    phone: {
      interfaces: { wifi: '192.168.1.20/24' },
      wg: {
        wg0: `[Interface]
PrivateKey = <phone>
Address = 10.7.0.2/24
ListenPort = 51820

[Peer]
PublicKey = <server.pub>
Endpoint = 198.51.100.1:51820
AllowedIPs = 10.7.0.0/24
`,
      },
    },
    server: {
      interfaces: { internet: '198.51.100.1' },
      wg: {
        wg0: `[Interface]
PrivateKey = <server>
Address = 10.7.0.1/24
ListenPort = 51820

[Peer]
PublicKey = <phone.pub>
AllowedIPs = 10.7.0.2/32
`,
      },
    },
  },
  steps: [
    { do: 'ping', at: '1s', name: 'on the move', from: 'phone', to: '10.7.0.1', count: 40 },
    { do: 'roam', at: '20.5s', host: 'phone', network: 'wifi', to: 'internet', attachment: '198.51.100.200' },
    { do: 'ping', at: '45s', name: 'from the server', from: 'server', to: '10.7.0.2' },
  ],
  expect: [
    { see: 'delivered', step: 'on the move', count: { min: 39 } },
    { see: 'delivered', name: 'found again', step: 'from the server' },
    { see: 'messages', name: 'one handshake', message: 'initiation', from: 'phone', count: 1 },
    { see: 'endpoint', host: 'server', peer: 'phone', is: '198.51.100.200:51820', at: '30s' },
  ],
  twin: {
    about: 'The phone says nothing after the move, so the server looks for it in the old place.',
    changes: [
      { path: '/steps/0/count', set: 19 },
      { path: '/steps/1/at', set: '40s' },
    ],
    fails: 'found again',
  },
} satisfies Scenario
