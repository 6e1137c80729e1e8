import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'On port 5060 a router that understands SIP throws WireGuard away',
  about:
    'Application-level gateways for SIP drop what comes over their port and is no SIP. Another port is the whole cure.',
  duration: '30s',
  networks: { internet: {}, home: { kind: 'lan', gateway: '192.168.1.1' } },
  nats: {
    router: { inside: { home: '192.168.1.1/24' }, outside: { internet: '203.0.113.77' }, alg: ['sip'] },
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
Endpoint = 198.51.100.1:5060
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
ListenPort = 5060

[Peer]
PublicKey = <laptop.pub>
AllowedIPs = 10.8.0.2/32
`,
      },
    },
  },
  steps: [{ do: 'ping', at: '1s', name: 'hello', from: 'laptop', to: '10.8.0.1', count: 3 }],
  expect: [
    { see: 'lost', name: 'nothing gets through', step: 'hello' },
    {
      see: 'dropped',
      name: 'by the gateway',
      because: 'alg-refused',
      at: 'router',
      count: { min: 3 },
    },
  ],
  twin: {
    about: 'WireGuard listens on another port.',
    changes: [
      { path: '/hosts/laptop/wg/wg0', replace: ':5060', with: ':51820' },
      { path: '/hosts/server/wg/wg0', replace: '5060', with: '51820' },
    ],
    fails: 'nothing gets through',
  },
} satisfies Scenario
