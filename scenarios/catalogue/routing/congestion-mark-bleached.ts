import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A router that clears the ECN bits hides congestion from what runs inside the tunnel',
  about:
    'WireGuard copies the ECN bits of the inner packet outside, and a congestion mark that it meets on the way back in (RFC 6040). Where a router bleaches the outer header, no mark can be made.',
  claims: ['ops-04'],
  duration: '10s',

  networks: { internet: { ecn: 'mark' }, office: { kind: 'lan', gateway: '192.0.2.1' } },
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
  routers: { uplink: { interfaces: { office: '192.0.2.1/24', internet: ['198.51.100.1', '192.0.2.254/24'] } } },

  steps: [
    { do: 'send', at: '1s', name: 'capable', from: 'alice', to: '10.0.0.2:9', count: 5, interval: '100ms', tos: 2 },
    { do: 'send', at: '3s', name: 'incapable', from: 'alice', to: '10.0.0.2:9', count: 5, interval: '100ms', tos: 184 },
  ],
  expect: [
    { see: 'delivered', step: 'capable' },
    { see: 'delivered', step: 'incapable' },
    { see: 'marked', name: 'the mark reaches the inner packet', host: 'bob', layer: 'inner', ecn: 3, count: 5 },
    { see: 'marked', name: 'the DSCP stays inside', host: 'bob', layer: 'wire', dscp: 46, count: 0 },
    { see: 'marked', name: 'and arrives there', host: 'bob', layer: 'inner', dscp: 46, ecn: 0, count: 5 },
  ],
  twin: {
    about: 'The uplink bleaches.',
    changes: [{ path: '/routers/uplink/ecn', set: 'bleach' }],
    fails: 'the mark reaches the inner packet',
  },
} satisfies Scenario
