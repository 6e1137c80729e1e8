import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'The path becomes narrower while the tunnel is up',
  about:
    'A route moves to a path of 1400 bytes. WireGuard leaves DF clear over IPv4, so the outer packets now come in fragments, and nothing is lost.',
  claims: ['mtu-05'],
  duration: '30s',

  networks: { internet: {} },
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
    { do: 'ping', at: '1s', name: 'before', from: 'alice', to: '10.0.0.2', count: 5, size: 1372 },
    { do: 'link', at: '10s', node: 'bob', network: 'internet', direction: 'down', set: { mtu: 1400 } },
    { do: 'ping', at: '12s', name: 'after', from: 'alice', to: '10.0.0.2', count: 5, size: 1372 },
  ],
  expect: [
    { see: 'received', name: 'whole before', host: 'bob', what: 'fragment', between: ['0s', '10s'], count: 0 },
    { see: 'received', name: 'in fragments after', host: 'bob', what: 'fragment', between: ['10s', '30s'], count: 10 },
    { see: 'received', name: 'whole on the way back', host: 'alice', what: 'fragment', count: 0 },
    { see: 'delivered', step: 'before' },
    { see: 'delivered', step: 'after' },
  ],
  twin: {
    about: 'It is the other direction that becomes narrower.',
    changes: [{ path: '/steps/1/direction', set: 'up' }],
    fails: 'in fragments after',
  },
} satisfies Scenario
