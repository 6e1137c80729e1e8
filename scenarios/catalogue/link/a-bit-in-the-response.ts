import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'Whatever bit of a handshake is flipped, it fails and is made anew',
  about:
    'First the response has a wrong bit in the part that proves it, then the next one another receiver. The third is left alone.',
  duration: '30s',
  networks: { internet: {} },
  hosts: {
    alice: {
      interfaces: {
        internet: {
          address: '198.51.100.1',
          down: {
            corrupt_field: [
              { message: 'response', field: 'nothing', flip: 0, nth: [1] },
              { message: 'response', field: 'receiver', hex: 'ffffffff', nth: [2] },
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
    {
      see: 'messages',
      name: 'three initiations',
      message: 'initiation',
      from: 'alice',
      between: ['0s', '20s'],
      count: 3,
    },
    { see: 'delivered', step: 'later' },
  ],
  twin: {
    about: 'The first response is left alone.',
    changes: [
      {
        path: '/hosts/alice/interfaces/internet/down/corrupt_field',
        set: [{ message: 'response', field: 'nothing', flip: 0, nth: [9] }],
      },
    ],
    fails: 'three initiations',
  },
} satisfies Scenario
