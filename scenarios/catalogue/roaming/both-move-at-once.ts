import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'When both sides move at once, the tunnel is lost until one is told',
  about: 'Each goes on sending to where the other was. Nobody is there to correct them.',
  claims: ['roam-03'],
  duration: '5m',

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
PersistentKeepalive = 5
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
Endpoint = 198.51.100.1:51820
PersistentKeepalive = 25
`,
      },
    },
  },

  steps: [
    { do: 'ping', at: '1s', name: 'before', from: 'alice', to: '10.0.0.2', count: 3 },
    { do: 'roam', at: '20s', host: 'alice', network: 'internet', attachment: '198.51.100.11' },
    { do: 'roam', at: '20s', host: 'bob', network: 'internet', attachment: '203.0.113.12' },
    { do: 'ping', at: '30s', name: 'lost', from: 'alice', to: '10.0.0.2', count: 3 },
    { do: 'run', at: '3m', host: 'alice', command: 'wg set wg0 peer <bob.pub> endpoint 203.0.113.12:51820' },
    { do: 'ping', at: '4m', name: 'told', from: 'bob', to: '10.0.0.1', count: 3 },
  ],
  expect: [
    { see: 'delivered', step: 'before' },
    { see: 'lost', name: 'both are gone', step: 'lost' },
    { see: 'delivered', step: 'told' },
  ],
  twin: {
    about: 'Only alice moves.',
    changes: [{ path: '/steps/2', remove: true }],
    fails: 'both are gone',
  },
} satisfies Scenario
