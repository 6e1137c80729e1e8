import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'The path gets narrower in mid-flow: one packet is lost, then the sender knows, for ten minutes',
  about:
    'A ping with DF set fits at first. When the cable to bob changes, the first one that is too big comes back as an ICMP error; Linux keeps what it learnt for 600 seconds and refuses the next ones itself. Then it forgets, and asks the path again.',
  duration: '13m',

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
    { do: 'ping', at: '1s', name: 'wide', from: 'alice', to: '203.0.113.2', count: 3, size: 1472, df: true },
    { do: 'link', at: '10s', node: 'bob', network: 'internet', direction: 'down', set: { mtu: 1400 } },
    { do: 'ping', at: '20s', name: 'narrow', from: 'alice', to: '203.0.113.2', count: 5, size: 1472, df: true },
    { do: 'ping', at: '660s', name: 'forgotten', from: 'alice', to: '203.0.113.2', count: 1, size: 1472, df: true },
  ],
  expect: [
    { see: 'delivered', step: 'wide' },
    { see: 'lost', step: 'narrow', because: ['df-too-big'] },
    { see: 'received', name: 'told once', host: 'alice', what: 'icmp-too-big', between: ['20s', '10m'], count: 1 },
    { see: 'received', name: 'told again', host: 'alice', what: 'icmp-too-big', between: ['10m', '13m'], count: 1 },
  ],
  twin: {
    about: 'The cable stays as wide as it was.',
    changes: [{ path: '/steps/1/set/mtu', set: 1500 }],
    fails: 'told once',
  },
} satisfies Scenario
