import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A firewall of IPv6 may let anybody in to a port that is in use',
  about:
    'The tunnel talks to one server; a stranger comes in at the same port. What he sends is no WireGuard, and is thrown away there.',
  duration: '20s',
  networks: { internet: {}, home: { kind: 'lan', gateway: '2001:db8:77:1::1' } },
  nats: {
    router: {
      inside: { home: '2001:db8:77:1::1/64' },
      outside: { internet: '2001:db8:77::1/48' },
      ipv6: { filtering: 'endpoint-independent' },
    },
  },
  hosts: {
    laptop: {
      interfaces: { home: '2001:db8:77:1::10/64' },
      wg: {
        wg0: `[Interface]
PrivateKey = <laptop>
Address = 10.8.0.2/24
ListenPort = 51820

[Peer]
PublicKey = <web.pub>
Endpoint = [2001:db8:9::9]:51820
AllowedIPs = 10.8.0.0/24
`,
      },
    },
    web: {
      interfaces: { internet: '2001:db8:9::9' },
      wg: {
        wg0: `[Interface]
PrivateKey = <web>
Address = 10.8.0.1/24
ListenPort = 51820

[Peer]
PublicKey = <laptop.pub>
AllowedIPs = 10.8.0.2/32
`,
      },
    },
    other: { interfaces: { internet: '2001:db8:8::8' } },
  },
  steps: [
    { do: 'ping', at: '1s', name: 'hello', from: 'laptop', to: '10.8.0.1' },
    { do: 'send', at: '5s', name: 'knock', from: 'other', to: '[2001:db8:77:1::10]:51820' },
  ],
  expect: [
    { see: 'delivered', step: 'hello' },
    { see: 'dropped', name: 'comes in', because: 'unknown-type', count: { min: 1 } },
  ],
  twin: {
    about: 'The rules of IPv4.',
    changes: [{ path: '/nats/router/ipv6/filtering', remove: true }],
    fails: 'comes in',
  },
} satisfies Scenario
