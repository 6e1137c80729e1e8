import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'An IPv6 firewall forgets like a NAT, only later: the server can not call back',
  about:
    'The laptop has an address of its own and nothing is translated. But the home router lets in only what answers, for five minutes (RFC 6092 REC-14), when its NAT for IPv4 would have given up after two.',
  claims: ['nat-03'],
  duration: '10m',
  networks: { internet: {}, home: { kind: 'lan', gateway: '2001:db8:77:1::1' } },
  nats: {
    router: {
      inside: { home: '2001:db8:77:1::1/64' },
      outside: { internet: '2001:db8:77::1/48' },
      ipv6: { timeout: '5m' },
      timeout: '2m',
    },
  },
  hosts: {
    laptop: {
      interfaces: { home: '2001:db8:77:1::10/64' },
      wg: {
        wg0: `[Interface]
PrivateKey = <laptop>
Address = 10.8.0.2/24

[Peer]
PublicKey = <server.pub>
Endpoint = [2001:db8:5::1]:51820
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
AllowedIPs = 10.8.0.2/32
`,
      },
    },
  },
  steps: [
    { do: 'ping', at: '1s', name: 'hello', from: 'laptop', to: '10.8.0.1' },
    { do: 'ping', at: '200s', name: 'within five minutes', from: 'server', to: '10.8.0.2' },
    { do: 'ping', at: '9m', name: 'too late', from: 'server', to: '10.8.0.2' },
  ],
  expect: [
    { see: 'delivered', step: 'hello' },
    { see: 'delivered', name: 'still open', step: 'within five minutes' },
    { see: 'lost', name: 'shut', step: 'too late' },
    { see: 'dropped', because: 'nat-mapping-expired', at: 'router', count: { min: 1 } },
  ],
  twin: {
    about: 'The firewall has the two minutes of IPv4.',
    changes: [{ path: '/nats/router/ipv6', remove: true }],
    fails: 'still open',
  },
} satisfies Scenario
