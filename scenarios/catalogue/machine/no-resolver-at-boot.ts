import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'The resolver is not there yet at boot: wg tries again until it is',
  about:
    'A router boots faster than its uplink. wg waits 1 s, then 1.2 times as long each time, fifteen times in all, about a minute; then it gives up and the interface is gone.',
  duration: '3m',

  networks: { internet: {} },
  names: { 'vpn.example.com': 'no-answer' },
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
    { do: 'dns', at: '30s', domain: 'vpn.example.com', to: '203.0.113.2' },
    { do: 'ping', at: '20s', name: 'too early', from: 'alice', to: '10.0.0.2' },
    { do: 'ping', at: '120s', name: 'up by itself', from: 'alice', to: '10.0.0.2', count: 3 },
  ],
  expect: [
    { see: 'lost', step: 'too early' },
    { see: 'delivered', name: 'up', step: 'up by itself' },
  ],
  twin: {
    about: 'The resolver says that there is no such name: that is an answer, and wg gives up at once.',
    changes: [{ path: '/names/vpn.example.com', set: 'no-such-name' }],
    fails: 'up',
  },
} satisfies Scenario
