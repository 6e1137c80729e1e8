import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'One flipped bit in mac1, and the peer stays silent',
  about: 'Bob can not tell a damaged initiation from a scan: he says nothing. Alice tries again after five seconds.',
  duration: '10s',

  networks: { internet: {} },
  hosts: {
    alice: {
      interfaces: {
        internet: {
          address: '198.51.100.1',
          up: { corrupt_field: [{ message: 'initiation', field: 'mac1', flip: 0, nth: [1] }] },
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

  steps: [{ do: 'ping', at: '1s', name: 'patient', from: 'alice', to: '10.0.0.2' }],
  expect: [
    { see: 'dropped', name: 'refused by its mac', because: 'bad-mac1', at: 'bob', count: 1 },
    { see: 'messages', name: 'silent until the second', message: 'any', from: 'bob', between: ['0s', '6s'], count: 0 },
    { see: 'delivered', step: 'patient', within: '5.5s' },
  ],
  twin: {
    about: 'The bit is flipped in the response instead: it is another field, another reason, and bob has spoken.',
    changes: [
      {
        path: '/hosts/alice/interfaces/internet',
        set: {
          address: '198.51.100.1',
          down: { corrupt_field: [{ message: 'response', field: 'mac1', flip: 0, nth: [1] }] },
        },
      },
    ],
    fails: 'refused by its mac',
  },
} satisfies Scenario
