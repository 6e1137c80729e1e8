import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A cable that is cut from the start: nothing ever passes, and WireGuard keeps asking',
  about: 'One initiation every five seconds and a bit, until somebody plugs it in.',
  duration: '30s',
  networks: { internet: {} },
  hosts: {
    alice: {
      interfaces: { internet: { address: '198.51.100.1', up: { cut: true } } },
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
    { do: 'ping', at: '1s', name: 'hello', from: 'alice', to: '10.0.0.2' },
    { do: 'link', at: '12s', node: 'alice', network: 'internet', direction: 'up', set: { cut: false } },
    { do: 'ping', at: '25s', name: 'plugged in', from: 'alice', to: '10.0.0.2' },
  ],
  expect: [
    { see: 'dropped', name: 'nothing passes', because: 'link-cut', at: 'alice:internet', count: { min: 2 } },
    { see: 'delivered', step: 'plugged in' },
  ],
  twin: {
    about: 'It was never cut.',
    changes: [{ path: '/hosts/alice/interfaces/internet/up/cut', remove: true }],
    fails: 'nothing passes',
  },
} satisfies Scenario
