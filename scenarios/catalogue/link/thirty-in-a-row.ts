import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A link that loses thirty in a row makes the sender doubt its peer',
  about:
    'One packet in two hundred begins a burst. At one packet a second a burst is half a minute, and after 15 seconds without an answer WireGuard shakes hands anew.',
  duration: '620s',
  networks: { internet: {} },
  hosts: {
    alice: {
      interfaces: { internet: { address: '198.51.100.1', up: { loss_burst: { chance: 0.01, length: 30 } } } },
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
  steps: [{ do: 'send', at: '1s', name: 'beat', from: 'alice', to: '10.0.0.2:9', count: 610 }],
  expect: [
    { see: 'dropped', name: 'in bursts', because: 'burst-loss', at: 'alice:internet', count: { min: 60 } },
    {
      see: 'messages',
      name: 'more initiations than the clock asks for',
      message: 'initiation',
      from: 'alice',
      count: { min: 8 },
    },
  ],
  twin: {
    about: 'Each burst is one packet long.',
    changes: [{ path: '/hosts/alice/interfaces/internet/up/loss_burst/length', set: 1 }],
    fails: 'in bursts',
  },
} satisfies Scenario
