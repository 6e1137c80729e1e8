import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'The name of an endpoint is resolved once: when the server moves, the client does not notice',
  about:
    'Dynamic DNS points to the new address at once, and wg never asks again. Taking the tunnel down and up does ask.',
  claims: ['roam-04'],
  duration: '4m',

  networks: { internet: {} },
  names: { 'vpn.example.com': '203.0.113.2' },
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
Endpoint = vpn.example.com:51820
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
    { do: 'ping', at: '1s', name: 'before', from: 'alice', to: '10.0.0.2', count: 3 },
    { do: 'roam', at: '60s', host: 'bob', network: 'internet', attachment: '203.0.113.77' },
    { do: 'dns', at: '60s', domain: 'vpn.example.com', to: '203.0.113.77' },
    { do: 'ping', at: '70s', name: 'to the old address', from: 'alice', to: '10.0.0.2', count: 60 },
    { do: 'run', at: '150s', host: 'alice', command: 'wg-quick down wg0; wg-quick up wg0' },
    { do: 'ping', at: '160s', name: 'asked again', from: 'alice', to: '10.0.0.2', count: 3 },
  ],
  expect: [
    { see: 'delivered', step: 'before' },
    { see: 'lost', name: 'not noticed', step: 'to the old address' },
    { see: 'endpoint', host: 'alice', peer: 'bob', is: '203.0.113.2:51820', at: '120s' },
    { see: 'delivered', name: 'healed', step: 'asked again' },
  ],
  twin: {
    about: 'Nobody told the resolver: asking again finds the old address.',
    changes: [{ path: '/steps/2/to', set: '203.0.113.2' }],
    fails: 'healed',
  },
} satisfies Scenario
