import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'Two packets in a hundred lost, and most of the speed is gone',
  about:
    'TCP takes every loss for a full queue: over 80 ms there and back, two per cent leave little of 50 Mbit/s, whatever tunnel it is in.',
  duration: '60s',

  networks: { internet: { link: { delay: '20ms', rate: '50Mbit', queue: 400 } } },
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
    { do: 'tcp', at: '1s', name: 'clean', from: 'alice', to: '10.0.0.2:80', bytes: 5_000_000 },
    { do: 'link', at: '15s', node: 'alice', network: 'internet', direction: 'up', set: { loss: 0.02 } },
    { do: 'tcp', at: '16s', name: 'lossy', from: 'alice', to: '10.0.0.2:80', bytes: 3_000_000 },
  ],
  expect: [
    { see: 'goodput', name: 'fast', step: 'clean', at_least: '15Mbit' },
    { see: 'completed', step: 'lossy' },
    { see: 'goodput', name: 'slow', step: 'lossy', at_most: '5Mbit' },
  ],
  twin: {
    about: 'The link stays clean.',
    changes: [{ path: '/steps/1/set/loss', set: 0 }],
    fails: 'slow',
  },
} satisfies Scenario
