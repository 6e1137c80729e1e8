import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'Behind a translated prefix every host has an address outside, and the server can call first',
  about:
    'NPTv6 (RFC 6296) changes one prefix for another and 16 bits behind it, so that no checksum changes. No ports, no state: fd01:203:405:1::1234 is 2001:db8:1:d550::1234, always.',
  duration: '30s',
  networks: { internet: {}, home: { kind: 'lan', gateway: 'fd01:203:405:1::1' } },
  nats: {
    router: {
      inside: { home: 'fd01:203:405:1::1/64' },
      outside: { internet: '2001:db8:1::1/48' },
      ipv6: {
        translate: 'prefix',
        prefixes: { inside: 'fd01:203:405::/48', outside: '2001:db8:1::/48' },
        filter: 'open',
      },
    },
  },
  hosts: {
    laptop: {
      interfaces: { home: 'fd01:203:405:1::1234/64' },
      wg: {
        wg0: `[Interface]
PrivateKey = <laptop>
Address = 10.8.0.2/24
ListenPort = 51820

[Peer]
PublicKey = <server.pub>
AllowedIPs = 10.8.0.0/24
`,
      },
    },
    server: {
      interfaces: { internet: '2001:db8:5::1' },
      wg: {
        wg0: `[Interface]
PrivateKey = <server>
Address = 10.8.0.1/24
ListenPort = 51820

[Peer]
PublicKey = <laptop.pub>
Endpoint = [2001:db8:1:d550::1234]:51820
AllowedIPs = 10.8.0.2/32
`,
      },
    },
  },
  steps: [{ do: 'ping', at: '1s', name: 'the server begins', from: 'server', to: '10.8.0.2', count: 3 }],
  expect: [{ see: 'delivered', name: 'reachable', step: 'the server begins' }],
  twin: {
    about: 'The router masquerades IPv6: all have one address, and none can be called.',
    changes: [{ path: '/nats/router/ipv6', set: { translate: 'masquerade' } }],
    fails: 'reachable',
  },
} satisfies Scenario
