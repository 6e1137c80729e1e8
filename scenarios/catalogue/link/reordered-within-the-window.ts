import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'Packets that arrive out of order all come out of the tunnel',
  about:
    'One in five may go ahead of fifty others. The window of counters is 8192 wide (RFC 6479): far more than any network reorders.',
  duration: '12s',

  networks: { internet: {} },
  hosts: {
    alice: {
      interfaces: { internet: { address: '198.51.100.1', up: { delay: '50ms', reorder: { chance: 0.5, gap: 5 } } } },
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
    { do: 'send', at: '2s', name: 'stream', from: 'alice', to: '10.0.0.2:9', count: 1500, interval: '500us' },
  ],
  expect: [
    { see: 'delivered', name: 'all of them', step: 'stream' },
    { see: 'dropped', name: 'the window is wide enough', because: 'replayed', count: 0 },
  ],
  twin: {
    about:
      'A hundred times as many packets a second over a path four times as long: who is overtaken is more than 8128 behind.',
    changes: [
      { path: '/steps/1/interval', set: '5us' },
      { path: '/steps/1/count', set: 9000 },
      { path: '/hosts/alice/interfaces/internet/up/delay', set: '200ms' },
    ],
    fails: 'all of them',
  },
} satisfies Scenario
