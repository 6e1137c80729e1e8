import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A NAT that maps by the remote address shows a tunnel to each server from another port',
  about: 'One socket, two servers, two outer ports: what one server knows of the laptop is of no use to the other.',
  claims: ['nat-06'],
  duration: '20s',
  networks: { internet: {}, home: { kind: 'lan', gateway: '192.168.1.1' } },
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
AllowedIPs = 10.8.0.3/32
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
    other: {
      interfaces: { internet: '198.51.100.2' },
      wg: {
        wg0: `[Interface]
PrivateKey = <other>
Address = 10.8.0.3/24
ListenPort = 51820

[Peer]
PublicKey = <laptop.pub>
AllowedIPs = 10.8.0.2/32
`,
      },
    },
  },
  nats: {
    router: {
      inside: { home: '192.168.1.1/24' },
      outside: { internet: '203.0.113.77' },
      mapping: 'address-dependent',
      ports: 'sequential',
      port_range: [2000, 2999],
    },
  },
  steps: [
    { do: 'ping', at: '1s', name: 'one', from: 'laptop', to: '10.8.0.1' },
    { do: 'ping', at: '3s', name: 'two', from: 'laptop', to: '10.8.0.3' },
  ],
  expect: [
    { see: 'delivered', step: 'one' },
    { see: 'delivered', step: 'two' },
    { see: 'endpoint', name: 'the first port', host: 'server', peer: 'laptop', is: '203.0.113.77:2000' },
    { see: 'endpoint', name: 'another port', host: 'other', peer: 'laptop', is: '203.0.113.77:2001' },
  ],
  twin: {
    about: 'One mapping for all.',
    changes: [{ path: '/nats/router/mapping', set: 'endpoint-independent' }],
    fails: 'another port',
  },
} satisfies Scenario
