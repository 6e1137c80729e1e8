import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'With a forwarded port a machine behind a NAT is a server, without keepalive',
  about: 'The router gives what comes to its port 51820 to bob, whoever sends it and whenever.',
  duration: '150s',
  networks: { internet: {}, home: { kind: 'lan', gateway: '192.168.1.1' } },
  nats: {
    router: {
      inside: { home: '192.168.1.1/24' },
      outside: { internet: '203.0.113.77' },
      forward: [{ port: 51820, to: '192.168.1.10:51820' }],
    },
  },
  hosts: {
    alice: {
      interfaces: { internet: '198.51.100.1' },
      wg: {
        wg0: `[Interface]
PrivateKey = <alice>
Address = 10.9.0.1/24
ListenPort = 51820

[Peer]
PublicKey = <bob.pub>
Endpoint = 203.0.113.77:51820
AllowedIPs = 10.9.0.2/32
`,
      },
    },
    bob: {
      interfaces: { home: '192.168.1.10/24' },
      wg: {
        wg0: `[Interface]
PrivateKey = <bob>
Address = 10.9.0.2/24
ListenPort = 51820

[Peer]
PublicKey = <alice.pub>
AllowedIPs = 10.9.0.1/32
`,
      },
    },
  },
  steps: [
    { do: 'ping', at: '1s', name: 'at once', from: 'alice', to: '10.9.0.2', count: 3 },
    { do: 'ping', at: '140s', name: 'after long silence', from: 'alice', to: '10.9.0.2', count: 3 },
  ],
  expect: [
    { see: 'delivered', name: 'at once', step: 'at once' },
    { see: 'delivered', name: 'also later', step: 'after long silence' },
  ],
  twin: {
    about: 'The port goes to another machine.',
    changes: [{ path: '/nats/router/forward/0/to', set: '192.168.1.11:51820' }],
    fails: 'at once',
  },
} satisfies Scenario
