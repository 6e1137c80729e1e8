import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A failover to a router that gives other ports moves every tunnel',
  about:
    'The laptop has ListenPort 51820, which is free again after the flush; this device gives another one all the same.',
  duration: '40s',
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
    { do: 'nat', at: '20s', nat: 'router', flush: true, ports: 'other' },
    { do: 'ping', at: '22s', name: 'after it', from: 'laptop', to: '10.8.0.1' },
  ],
  expect: [
    { see: 'delivered', step: 'after it' },
    { see: 'endpoint', name: 'the next port', host: 'server', peer: 'laptop', is: '203.0.113.77:51821' },
  ],
  twin: { about: 'Whatever comes next.', changes: [{ path: '/steps/1/ports', remove: true }], fails: 'the next port' },
} satisfies Scenario
