import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A flood from inside that changes its port fills the table of the NAT',
  about:
    'Three hundred datagrams of one machine take all two hundred mappings that the router has. There is none left for the tunnel.',
  duration: '20s',
  networks: { internet: {}, home: { kind: 'lan', gateway: '192.168.1.1' } },
  hosts: {
    mallory: { interfaces: { home: '192.168.1.66/24' }, probe: true },
    alice: {
      interfaces: { home: '192.168.1.10/24' },
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
  nats: { router: { inside: { home: '192.168.1.1/24' }, outside: { internet: '198.51.100.1' }, max_mappings: 200 } },
  steps: [
    {
      do: 'probe',
      at: '1s',
      host: 'mallory',
      act: { kind: 'flood', to: '203.0.113.2:9', what: 'random', count: 300, interval: '1ms', ports: 'random' },
    },
    { do: 'ping', at: '3s', name: 'hello', from: 'alice', to: '10.0.0.2' },
  ],
  expect: [{ see: 'lost', name: 'no room for the tunnel', step: 'hello' }],
  twin: {
    about: 'All come from one port.',
    changes: [{ path: '/steps/0/act/ports', set: 'own' }],
    fails: 'no room for the tunnel',
  },
} satisfies Scenario
