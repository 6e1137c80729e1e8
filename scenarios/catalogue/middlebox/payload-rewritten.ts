import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A router that looks for its inner address in every payload breaks the 267th packet',
  about:
    'The laptop is 10.1.0.0 of 10.0.0.0/8. The counter of a data message, 266, begins with the bytes 10, 1, 0, 0. An application-level gateway takes them for an address and writes the outside one in their place; with another counter the message can not be authenticated. Of random bytes one message in millions is hit.',
  duration: '30s',
  networks: { internet: {}, home: { kind: 'lan', gateway: '10.0.0.1' } },
  nats: {
    router: { inside: { home: '10.0.0.1/8' }, outside: { internet: '203.0.113.77' }, alg: ['payload'] },
  },
  hosts: {
    laptop: {
      interfaces: { home: '10.1.0.0/8' },
      wg: {
        wg0: `[Interface]
PrivateKey = <laptop>
Address = 172.16.0.2/24

[Peer]
PublicKey = <server.pub>
Endpoint = 198.51.100.1:51820
AllowedIPs = 172.16.0.0/24
`,
      },
    },
    server: {
      interfaces: { internet: '198.51.100.1' },
      wg: {
        wg0: `[Interface]
PrivateKey = <server>
Address = 172.16.0.1/24
ListenPort = 51820

[Peer]
PublicKey = <laptop.pub>
AllowedIPs = 172.16.0.2/32
`,
      },
    },
  },
  steps: [
    {
      do: 'send',
      at: '1s',
      name: 'stream',
      from: 'laptop',
      to: '172.16.0.1:9',
      count: 300,
      interval: '50ms',
    },
  ],
  expect: [
    { see: 'lost', name: 'one packet is broken', step: 'stream', count: 1 },
    { see: 'dropped', name: 'and only one', because: 'bad-data', at: 'server', count: 1 },
  ],
  twin: {
    about: 'The router leaves payloads alone.',
    changes: [{ path: '/nats/router/alg', remove: true }],
    fails: 'one packet is broken',
  },
} satisfies Scenario
