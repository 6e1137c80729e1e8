import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'An anycast address moves to another city, and the session does not go with it',
  about:
    'The machine in one city fails, and routing sends its address to another with the same key. There the table of sessions is empty. Nothing tells the client: 15 seconds of silence, then a handshake heals.',
  duration: '60s',
  networks: { internet: {} },
  hosts: {
    laptop: {
      interfaces: { internet: '203.0.113.5' },
      wg: {
        wg0: `[Interface]
PrivateKey = <laptop>
Address = 10.8.0.2/24
ListenPort = 51821

[Peer]
PublicKey = <server.pub>
Endpoint = 198.51.100.1:51820
AllowedIPs = 10.8.0.0/24
`,
      },
    },
    paris: {
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
    tokyo: {
      interfaces: { internet: '192.0.2.1' },
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
    { do: 'ping', at: '1s', name: 'before', from: 'laptop', to: '10.8.0.1', count: 5 },
    { do: 'link', at: '10s', node: 'paris', network: 'internet', set: { cut: true } },
    { do: 'roam', at: '10s', host: 'tokyo', network: 'internet', attachment: '198.51.100.1' },
    { do: 'ping', at: '11s', name: 'right after', from: 'laptop', to: '10.8.0.1', count: 10 },
    { do: 'ping', at: '40s', name: 'much later', from: 'laptop', to: '10.8.0.1', count: 5 },
  ],
  expect: [
    { see: 'delivered', step: 'before' },
    {
      see: 'lost',
      name: 'the other city knows nothing',
      step: 'right after',
      count: { min: 5 },
      because: ['unknown-session'],
    },
    { see: 'delivered', name: 'healed by a handshake', step: 'much later' },
  ],
  twin: {
    about: 'The first city does not fail, and the address stays there.',
    changes: [
      { path: '/steps/2/attachment', set: '192.0.2.2' },
      { path: '/steps/1/set', set: { cut: false } },
    ],
    fails: 'the other city knows nothing',
  },
} satisfies Scenario
