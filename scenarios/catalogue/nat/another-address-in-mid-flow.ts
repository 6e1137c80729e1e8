import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A carrier that moves a customer to another address in mid-flow is followed by WireGuard',
  about: 'The mapping lives on with its port, on the other address. One packet from inside is enough.',
  duration: '40s',
  networks: { internet: {}, home: { kind: 'lan', gateway: '192.168.1.1' } },
  nats: { router: { inside: { home: '192.168.1.1/24' }, outside: { internet: ['203.0.113.77', '203.0.113.78'] } } },
  hosts: {
    laptop: {
      interfaces: { home: '192.168.1.10/24' },
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
    { do: 'ping', at: '1s', name: 'hello', from: 'laptop', to: '10.8.0.1' },
    { do: 'nat', at: '20s', nat: 'router', rebind: 'address', inside: '192.168.1.10' },
    { do: 'ping', at: '22s', name: 'after it', from: 'laptop', to: '10.8.0.1' },
  ],
  expect: [
    { see: 'delivered', step: 'after it' },
    { see: 'endpoint', name: 'the other address', host: 'server', peer: 'laptop', is: '203.0.113.78:51820' },
  ],
  twin: {
    about: 'Its port changes, and not its address.',
    changes: [{ path: '/steps/1/rebind', set: 'port' }],
    fails: 'the other address',
  },
} satisfies Scenario
