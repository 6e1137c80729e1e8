import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A transfer survives half a minute without a network',
  about: 'TCP repeats what is not acknowledged, at growing distances; the tunnel neither helps nor hurts.',
  duration: '120s',

  networks: { internet: { link: { rate: '10Mbit', queue: 100 } } },
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
    { do: 'tcp', at: '1s', name: 'copy', from: 'alice', to: '10.0.0.2:22', bytes: 3_000_000 },
    { do: 'link', at: '2s', node: 'alice', network: 'internet', set: { cut: true } },
    { do: 'link', at: '32s', node: 'alice', network: 'internet', set: { cut: false } },
  ],
  expect: [
    { see: 'completed', name: 'it goes on', step: 'copy' },
    { see: 'goodput', step: 'copy', at_most: '1Mbit' },
  ],
  twin: {
    about: 'The network stays away.',
    changes: [{ path: '/steps/2/set/cut', set: true }],
    fails: 'it goes on',
  },
} satisfies Scenario
