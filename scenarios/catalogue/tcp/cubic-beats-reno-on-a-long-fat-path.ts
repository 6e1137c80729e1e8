import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'On a long fat path CUBIC is back at speed long before Reno',
  about:
    '20 Mbit/s and 400 ms there and back are 680 packets on their way. One packet is lost early; from then on Reno adds one in each round trip; CUBIC goes by the clock.',
  duration: '80s',

  networks: { internet: { link: { delay: '100ms', rate: '20Mbit', queue: 1000 } } },
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
    { do: 'link', at: '0.9s', node: 'alice', network: 'internet', direction: 'up', set: { lose: [{ nth: [90] }] } },
    { do: 'tcp', at: '1s', name: 'CUBIC', from: 'alice', to: '10.0.0.2:80', bytes: 5_000_000, congestion: 'cubic' },
    { do: 'link', at: '29.9s', node: 'alice', network: 'internet', direction: 'up', set: { lose: [{ nth: [90] }] } },
    { do: 'tcp', at: '30s', name: 'Reno', from: 'alice', to: '10.0.0.2:80', bytes: 5_000_000, congestion: 'reno' },
  ],
  expect: [
    { see: 'goodput', name: 'CUBIC is fast', step: 'CUBIC', at_least: '2.4Mbit' },
    { see: 'completed', step: 'Reno' },
    { see: 'goodput', name: 'Reno is slow', step: 'Reno', at_most: '2.2Mbit' },
  ],
  twin: {
    about: 'Reno in both.',
    changes: [{ path: '/steps/1/congestion', set: 'reno' }],
    fails: 'CUBIC is fast',
  },
} satisfies Scenario
