import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A firewall that lets only ping pass makes a path MTU black hole',
  about:
    'The narrow network tells the sender that its packets are too big. Between the two stands a router that forwards echo and no other ICMP: the word never arrives, and large packets vanish.',
  claims: ['mtu-01'],
  duration: '30s',

  networks: { office: { kind: 'lan', gateway: '192.0.2.1' }, internet: {} },
  hosts: {
    alice: {
      interfaces: { office: '192.0.2.2/24' },
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
      interfaces: { internet: { address: '203.0.113.2', down: { mtu: 1400 } } },
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
  routers: {
    gate: {
      interfaces: { office: '192.0.2.1/24', internet: ['198.51.100.1', '192.0.2.254/24'] },
      icmp_pass: ['echo'],
    },
  },

  steps: [
    { do: 'ping', at: '1s', name: 'small', from: 'alice', to: '203.0.113.2', count: 3, df: true },
    { do: 'ping', at: '10s', name: 'large', from: 'alice', to: '203.0.113.2', count: 5, size: 1400, df: true },
  ],
  expect: [
    { see: 'delivered', step: 'small' },
    { see: 'lost', step: 'large', because: ['df-too-big', 'icmp-filtered'] },
    { see: 'received', name: 'nobody tells', host: 'alice', what: 'icmp-too-big', count: 0 },
    { see: 'dropped', name: 'held back', because: 'icmp-filtered', at: 'gate', count: 5 },
  ],
  twin: {
    about: 'Too big may pass as well.',
    changes: [{ path: '/routers/gate/icmp_pass', set: ['echo', 'too-big'] }],
    fails: 'nobody tells',
  },
} satisfies Scenario
