import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A NAT that asks first what it gave last time keeps one port towards all servers',
  about:
    'Its mappings are for each server, yet Linux looks first for the outer end that this inner end has elsewhere. By chance alone the second would be another.',
  duration: '20s',
  networks: { internet: {}, home: { kind: 'lan', gateway: '192.168.1.1' } },
  nats: {
    router: {
      inside: { home: '192.168.1.1/24' },
      outside: { internet: '203.0.113.77' },
      mapping: 'address-and-port-dependent',
      sharing: 'by-remote',
      ports: 'sequential',
      ports_reuse: true,
    },
  },
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
AllowedIPs = 10.8.0.1/32

[Peer]
PublicKey = <other.pub>
Endpoint = 198.51.100.2:51820
AllowedIPs = 10.8.0.9/32
`,
      },
    },
    ben: { interfaces: { home: '192.168.1.11/24' } },
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
    other: {
      interfaces: { internet: '198.51.100.2' },
      wg: {
        wg0: `[Interface]
PrivateKey = <other>
Address = 10.8.0.9/24
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
    { do: 'ping', at: '3s', name: 'other one', from: 'laptop', to: '10.8.0.9' },
  ],
  expect: [
    { see: 'endpoint', name: 'the first port', host: 'server', peer: 'laptop', is: '203.0.113.77:1024' },
    { see: 'endpoint', name: 'the same port again', host: 'other', peer: 'laptop', is: '203.0.113.77:1024' },
  ],
  twin: {
    about: 'Each mapping looks anew.',
    changes: [{ path: '/nats/router/ports_reuse', remove: true }],
    fails: 'the same port again',
  },
} satisfies Scenario
