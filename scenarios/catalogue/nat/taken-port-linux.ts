import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'Who comes second to a port gets another one as Linux does, from a random place, which nobody can guess',
  about: 'A peer that was told "try the port above" looks at the wrong door.',
  duration: '20s',
  networks: { internet: {}, home: { kind: 'lan', gateway: '192.168.1.1' } },
  nats: {
    router: {
      inside: { home: '192.168.1.1/24' },
      outside: { internet: '203.0.113.77' },
      ports_taken: 'linux',
      filtering: 'endpoint-independent',
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
Address = 10.8.0.3/24
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
PublicKey = <ann.pub>
AllowedIPs = 10.8.0.2/32

[Peer]
PublicKey = <ben.pub>
AllowedIPs = 10.8.0.3/32
`,
      },
    },
    friend: { interfaces: { internet: '198.51.100.9' } },
  },
  steps: [
    { do: 'ping', at: '1s', name: 'hello', from: 'ann', to: '10.8.0.1' },
    { do: 'ping', at: '3s', name: 'second', from: 'ben', to: '10.8.0.1' },
    { do: 'send', at: '6s', name: 'next door', from: 'friend', to: '203.0.113.77:51821' },
  ],
  expect: [
    { see: 'delivered', step: 'second' },
    { see: 'dropped', name: 'it is not the next one', because: 'nat-no-mapping', at: 'router', count: 1 },
  ],
  twin: {
    about: 'The next free one.',
    changes: [{ path: '/nats/router/ports_taken', remove: true }],
    fails: 'it is not the next one',
  },
} satisfies Scenario
