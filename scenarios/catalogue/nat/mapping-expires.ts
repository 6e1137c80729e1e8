import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'Without keepalive the NAT forgets, and the server can not reach the laptop',
  about:
    'An idle UDP mapping lives a minute on this router. The server still has the old endpoint, and its packets die at the NAT until the laptop speaks.',
  claims: ['nat-03'],
  duration: '10m',

  networks: { internet: {}, home: { kind: 'lan', gateway: '192.168.1.1' } },
  nats: {
    router: {
      inside: { home: '192.168.1.1/24' },
      outside: { internet: '203.0.113.77' },
      timeout: '60s',
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
    { do: 'ping', at: '1s', name: 'hello', from: 'laptop', to: '10.8.0.1' },
    { do: 'ping', at: '30s', name: 'while it lives', from: 'server', to: '10.8.0.2' },
    { do: 'ping', at: '5m', name: 'too late', from: 'server', to: '10.8.0.2' },
    { do: 'ping', at: '8m', name: 'the inside speaks', from: 'laptop', to: '10.8.0.1' },
    { do: 'ping', at: '8.5m', name: 'and all is well', from: 'server', to: '10.8.0.2' },
  ],
  expect: [
    { see: 'delivered', step: 'hello' },
    { see: 'delivered', step: 'while it lives' },
    { see: 'lost', name: 'unreachable', step: 'too late' },
    { see: 'dropped', because: 'nat-mapping-expired', at: 'router', count: { min: 1 } },
    { see: 'delivered', step: 'the inside speaks' },
    { see: 'delivered', step: 'and all is well' },
  ],
  twin: {
    about: 'PersistentKeepalive = 25 keeps the mapping open.',
    changes: [
      {
        path: '/hosts/laptop/wg/wg0',
        replace: 'AllowedIPs = 10.8.0.0/24',
        with: 'AllowedIPs = 10.8.0.0/24\nPersistentKeepalive = 25',
      },
    ],
    fails: 'unreachable',
  },
} satisfies Scenario
