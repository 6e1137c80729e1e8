import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'One round trip, and data flows',
  about:
    'An initiation and a response make a session; the waiting packet itself confirms it. The first ping takes two round trips, not a second.',
  claims: ['proto-01', 'proto-08'],
  duration: '5s',

  networks: { internet: {} },
  hosts: {
    alice: {
      interfaces: { internet: '198.51.100.1' },
      wg: {
        wg0: `[Interface]
PrivateKey = <alice>
Address = 10.0.0.1/24
ListenPort = 51820

[Peer]
PublicKey = <bob.pub>
Endpoint = 203.0.113.2:51820
AllowedIPs = 10.0.0.2/32
`,
      },
    },
    bob: {
      interfaces: { internet: '203.0.113.2' },
      wg: {
        wg0: `[Interface]
PrivateKey = <bob>
Address = 10.0.0.2/24
ListenPort = 51820

[Peer]
PublicKey = <alice.pub>
AllowedIPs = 10.0.0.1/32
`,
      },
    },
  },

  steps: [{ do: 'ping', at: '1s', name: 'first', from: 'alice', to: '10.0.0.2' }],
  expect: [
    { see: 'delivered', step: 'first', within: '81ms' },
    { see: 'messages', name: 'one initiation', message: 'initiation', from: 'alice', to: 'bob', count: 1, size: 148 },
    { see: 'messages', name: 'one response', message: 'response', from: 'bob', to: 'alice', count: 1, size: 92 },
    { see: 'messages', name: 'no extra keepalive', message: 'keepalive', from: 'alice', count: 0 },
    { see: 'handshakes', name: 'bob completes it on data', host: 'bob', peer: 'alice', count: 1 },
  ],
  twin: {
    about: 'The response is lost once, so a second initiation is needed.',
    changes: [
      { path: '/duration', set: '20s' },
      {
        path: '/hosts/bob/interfaces/internet',
        set: { address: '203.0.113.2', up: { lose: [{ message: 'response', nth: [1] }] } },
      },
    ],
    fails: 'one initiation',
  },
} satisfies Scenario
