import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'The kernel can find the size of a black hole by itself',
  about:
    'The same path, with net.ipv4.tcp_mtu_probing=1: after some seconds of silence TCP tries smaller segments, and then larger ones until they are lost.',
  duration: '60s',

  networks: { internet: { fragments: 'drop' } },
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

  steps: [{ do: 'tcp', at: '1s', name: 'scp', from: 'alice', to: '10.0.0.2:22', bytes: 1_000_000, mtu_probing: 1 }],
  expect: [
    { see: 'completed', name: 'it comes through', step: 'scp', within: '20s' },
    { see: 'dropped', because: 'fragment-dropped', count: { min: 3 } },
  ],
  twin: {
    about: 'Linux as it comes, with net.ipv4.tcp_mtu_probing=0, repeats what can not pass.',
    changes: [{ path: '/steps/0/mtu_probing', set: 0 }],
    fails: 'it comes through',
  },
} satisfies Scenario
