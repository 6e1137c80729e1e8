import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'One peer that is gone takes the mapping of all the others with it',
  about:
    'WireGuard speaks to all peers from one port, and this NAT gives it one mapping. "Port unreachable" from one of them ends it, against RFC 4787 REQ-12: what the others send finds nothing, until the laptop speaks again.',
  duration: '30s',
  networks: { internet: {}, home: { kind: 'lan', gateway: '192.168.1.1' } },
  nats: {
    router: {
      inside: { home: '192.168.1.1/24' },
      outside: { internet: '203.0.113.77' },
      icmp_errors: 'kill-mapping',
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
PublicKey = <gone.pub>
Endpoint = 192.0.2.9:51820
AllowedIPs = 10.8.0.9/32
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
    gone: { interfaces: { internet: '192.0.2.9' } },
  },
  steps: [
    { do: 'ping', at: '1s', name: 'hello', from: 'laptop', to: '10.8.0.1' },
    { do: 'ping', at: '5s', name: 'to the one that is gone', from: 'laptop', to: '10.8.0.9' },
    { do: 'ping', at: '6s', name: 'from the other one', from: 'server', to: '10.8.0.2', count: 3 },
    { do: 'ping', at: '20s', name: 'the laptop speaks', from: 'laptop', to: '10.8.0.1', count: 2 },
  ],
  expect: [
    { see: 'delivered', step: 'hello' },
    {
      see: 'lost',
      name: 'nothing comes in',
      step: 'from the other one',
      because: ['nat-no-mapping'],
    },
    { see: 'delivered', step: 'the laptop speaks' },
  ],
  twin: {
    about: 'The NAT only translates the error.',
    changes: [{ path: '/nats/router/icmp_errors', set: 'translate' }],
    fails: 'nothing comes in',
  },
} satisfies Scenario
