import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A carrier that gives a busy host a second block of ports lets its tunnel through',
  about: 'A block has two ports. Two other flows have used up the first one.',
  duration: '30s',
  networks: { internet: {}, home: { kind: 'lan', gateway: '192.168.1.1' } },
  nats: {
    router: {
      inside: { home: '192.168.1.1/24' },
      outside: { internet: '203.0.113.77' },
      port_class: 'none',
      port_range: [2048, 2063],
      blocks: { size: 2, per_host: 2 },
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
    web: { interfaces: { internet: '198.51.100.9' } },
  },
  steps: [
    { do: 'send', at: '1s', name: 'one', from: 'laptop', to: '198.51.100.9:9' },
    { do: 'send', at: '2s', name: 'two', from: 'laptop', to: '198.51.100.9:9' },
    { do: 'ping', at: '5s', name: 'hello', from: 'laptop', to: '10.8.0.1' },
  ],
  expect: [{ see: 'delivered', name: 'from the second block', step: 'hello' }],
  twin: {
    about: 'One block a host.',
    changes: [{ path: '/nats/router/blocks/per_host', remove: true }],
    fails: 'from the second block',
  },
} satisfies Scenario
