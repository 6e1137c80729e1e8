import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'What the NAT of IPv4 lets in the firewall of IPv6 may keep out',
  about: 'Over IPv4 this router is open to anybody.',
  duration: '20s',
  networks: { internet: {}, home: { kind: 'lan', gateway: '2001:db8:77:1::1' } },
  nats: {
    router: {
      inside: { home: '2001:db8:77:1::1/64' },
      outside: { internet: '2001:db8:77::1/48' },
      filtering: 'endpoint-independent',
      ipv6: { filtering: 'address-and-port-dependent' },
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
    { do: 'send', at: '5s', name: 'knock', from: 'web', to: '[2001:db8:77:1::10]:51820' },
  ],
  expect: [
    { see: 'delivered', step: 'hello' },
    { see: 'dropped', name: 'kept out', because: 'nat-filtered', at: 'router', count: 1 },
  ],
  twin: {
    about: 'The rules of IPv4.',
    changes: [{ path: '/nats/router/ipv6/filtering', remove: true }],
    fails: 'kept out',
  },
} satisfies Scenario
