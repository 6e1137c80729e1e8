import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A NAT that shares a port by the remote end has room for two where there is one port',
  about:
    'One outer port is all there is. Ann talks to one server and Ben to another, so the answers can be told apart.',
  duration: '20s',
  networks: { internet: {}, home: { kind: 'lan', gateway: '192.168.1.1' } },
  nats: {
    router: {
      inside: { home: '192.168.1.1/24' },
      outside: { internet: '203.0.113.77' },
      mapping: 'address-and-port-dependent',
      sharing: 'by-remote',
      port_range: [51820, 51820],
    },
  },
  hosts: {
    ann: {
      interfaces: { home: '192.168.1.10/24' },
      wg: {
        wg0: `[Interface]
PrivateKey = <ann>
Address = 10.8.0.2/24
ListenPort = 51820

[Peer]
PublicKey = <server.pub>
Endpoint = 198.51.100.1:51820
AllowedIPs = 10.8.0.0/24
`,
      },
    },
    ben: {
      interfaces: { home: '192.168.1.11/24' },
      wg: {
        wg0: `[Interface]
PrivateKey = <ben>
Address = 10.9.0.2/24
ListenPort = 51820

[Peer]
PublicKey = <other.pub>
Endpoint = 198.51.100.2:51820
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
PublicKey = <ann.pub>
AllowedIPs = 10.8.0.2/32
`,
      },
    },
    other: {
      interfaces: { internet: '198.51.100.2' },
      wg: {
        wg0: `[Interface]
PrivateKey = <other>
Address = 10.8.0.1/24
ListenPort = 51820

[Peer]
PublicKey = <ben.pub>
AllowedIPs = 10.9.0.2/32
`,
      },
    },
  },
  steps: [
    { do: 'ping', at: '1s', name: 'hello', from: 'ann', to: '10.8.0.1' },
    { do: 'ping', at: '3s', name: 'second', from: 'ben', to: '10.8.0.1' },
  ],
  expect: [
    { see: 'delivered', step: 'hello' },
    { see: 'delivered', name: 'room for both', step: 'second' },
  ],
  twin: {
    about: "A port is one mapping's.",
    changes: [{ path: '/nats/router/sharing', remove: true }],
    fails: 'room for both',
  },
} satisfies Scenario
