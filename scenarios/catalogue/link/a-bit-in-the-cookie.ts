import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A cookie that was damaged on its way is no cookie',
  about:
    'Alice is asked for a cookie under load, and one bit of it is flipped. She can not open it, and goes on without.',
  duration: '30s',
  networks: { internet: {} },
  hosts: {
    trudy: { interfaces: { internet: '192.0.2.67' }, probe: true },
    alice: {
      interfaces: {
        internet: {
          address: '198.51.100.1',
          down: { corrupt_field: [{ message: 'cookie-reply', field: 'cookie', flip: 0, nth: [1] }] },
        },
      },
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
      handshake_cost: '5us',
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
  steps: [
    {
      do: 'probe',
      at: '1s',
      name: 'load',
      host: 'trudy',
      act: {
        kind: 'flood',
        to: '203.0.113.2:51820',
        what: 'initiation',
        peer: 'bob',
        count: 600,
        sources: '100.64.0.0/16',
      },
    },
    { do: 'ping', at: '1.05s', name: 'hello', from: 'alice', to: '10.0.0.2' },
  ],
  expect: [
    { see: 'messages', name: 'asked for a cookie', message: 'cookie-reply', from: 'bob', to: 'alice', count: 1 },
    { see: 'dropped', name: 'no cookie', because: 'bad-cookie', at: 'alice:wg0', count: 1 },
    { see: 'delivered', step: 'hello' },
  ],
  twin: {
    about: 'It arrives as it was.',
    changes: [{ path: '/hosts/alice/interfaces/internet/down', remove: true }],
    fails: 'no cookie',
  },
} satisfies Scenario
