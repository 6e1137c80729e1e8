import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A machine that names its own gateway does not take the one of its network',
  about:
    'The gateway that all others use has lost its line. Alice was told of the second one, which does not use the first either.',
  duration: '20s',
  networks: { internet: {}, office: { kind: 'lan', gateway: '192.168.1.1' } },
  hosts: {
    alice: {
      interfaces: { office: { address: '192.168.1.10/24', gateway: '192.168.1.2' } },
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
  nats: {
    first: {
      inside: { office: '192.168.1.1/24' },
      outside: { internet: { address: '198.51.100.1', link: { cut: true } } },
    },
    second: {
      inside: { office: { address: '192.168.1.2/24', gateway: '192.168.1.2' } },
      outside: { internet: '198.51.100.2' },
    },
  },
  steps: [{ do: 'ping', at: '1s', name: 'hello', from: 'alice', to: '10.0.0.2' }],
  expect: [
    { see: 'delivered', name: 'by the second', step: 'hello' },
    { see: 'endpoint', host: 'bob', peer: 'alice', is: '198.51.100.2:51820' },
  ],
  twin: {
    about: 'She takes the gateway of the network.',
    changes: [{ path: '/hosts/alice/interfaces/office/gateway', remove: true }],
    fails: 'by the second',
  },
} satisfies Scenario
