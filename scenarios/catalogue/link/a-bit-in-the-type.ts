import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'One bit in the first byte makes another message of it',
  about:
    'The type of an initiation is 1. With its lowest bit flipped, or with 9 in its place, it is no message of WireGuard at all.',
  duration: '30s',
  networks: { internet: {} },
  hosts: {
    alice: {
      interfaces: {
        internet: {
          address: '198.51.100.1',
          up: {
            corrupt_field: [
              { message: 'initiation', field: 'type', flip: 0, nth: [1] },
              { message: 'initiation', field: 'type', hex: '09', nth: [2] },
            ],
          },
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
    { do: 'ping', at: '1s', name: 'hello', from: 'alice', to: '10.0.0.2' },
    { do: 'ping', at: '20s', name: 'later', from: 'alice', to: '10.0.0.2' },
  ],
  expect: [
    { see: 'dropped', name: 'no such message', because: 'unknown-type', at: 'bob:wg0', count: 2 },
    { see: 'delivered', step: 'later' },
  ],
  twin: {
    about: 'Nine is written over a byte that is one.',
    changes: [{ path: '/hosts/alice/interfaces/internet/up/corrupt_field/1/hex', set: '01' }],
    fails: 'no such message',
  },
} satisfies Scenario
