import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A router that says yes and maps the port next to it leaves the peer before a closed door',
  about: 'The laptop tells its friend the port that it was promised.',
  duration: '30s',
  networks: { internet: {}, home: { kind: 'lan', gateway: '192.168.1.1' } },
  nats: { router: { inside: { home: '192.168.1.1/24' }, outside: { internet: '203.0.113.77' } } },
  hosts: {
    laptop: {
      interfaces: { home: '192.168.1.10/24' },
      wg: {
        wg0: `[Interface]
PrivateKey = <laptop>
Address = 10.8.0.2/24
ListenPort = 51820

[Peer]
PublicKey = <friend.pub>
AllowedIPs = 10.8.0.9/32
`,
      },
    },
    friend: {
      interfaces: { internet: '198.51.100.9' },
      wg: {
        wg0: `[Interface]
PrivateKey = <friend>
Address = 10.8.0.9/24

[Peer]
PublicKey = <laptop.pub>
Endpoint = 203.0.113.77:51820
AllowedIPs = 10.8.0.2/32
`,
      },
    },
  },
  steps: [
    { do: 'nat', at: '1s', nat: 'router', map: { port: 51820, to: '192.168.1.10:51820', lie: 'other-port' } },
    { do: 'ping', at: '3s', name: 'call', from: 'friend', to: '10.8.0.2' },
  ],
  expect: [{ see: 'lost', name: 'a closed door', step: 'call' }],
  twin: { about: 'It tells the truth.', changes: [{ path: '/steps/0/map/lie', remove: true }], fails: 'a closed door' },
} satisfies Scenario
