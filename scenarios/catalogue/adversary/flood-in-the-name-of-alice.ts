import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: "A flood in alice's name makes bob ask alice for cookies",
  about:
    "Mallory claims alice's address and port. The cookies that bob asks for go to alice, whose WireGuard knows of no such question.",
  claims: ['quiet-04'],
  duration: '10s',
  networks: { internet: {} },
  hosts: {
    mallory: { interfaces: { internet: '192.0.2.66' }, probe: true },
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
      host: 'mallory',
      act: {
        kind: 'flood',
        to: '203.0.113.2:51820',
        what: 'initiation',
        peer: 'bob',
        count: 600,
        sources: '198.51.100.1/32',
        ports: 'own',
      },
    },
  ],
  expect: [
    { see: 'dropped', name: 'alice did not ask', because: 'unknown-cookie-index', at: 'alice:wg0', count: { min: 50 } },
    { see: 'received', name: 'no port is closed', host: 'bob', what: 'icmp-unreachable', count: 0 },
  ],
  twin: {
    about: 'Any port of hers.',
    changes: [{ path: '/steps/0/act/ports', set: 'random' }],
    fails: 'alice did not ask',
  },
} satisfies Scenario
