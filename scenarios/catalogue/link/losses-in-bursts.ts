import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'The same share of losses, in bursts, makes a tunnel doubt its peer',
  about:
    'WireGuard shakes hands anew after 15 seconds without an answer. Losses one by one never last that long; a Gilbert–Elliott cable has bad times that do.',
  duration: '620s',

  networks: { internet: {} },
  hosts: {
    alice: {
      interfaces: { internet: { address: '198.51.100.1', up: { gilbert_elliott: { p: 0.01, r: 0.04 } } } },
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
    {
      see: 'messages',
      name: 'more initiations than the clock asks for',
      message: 'initiation',
      from: 'alice',
      count: { min: 11 },
    },
    {
      see: 'dropped',
      name: 'lost in bad times',
      because: 'gilbert-elliott-loss',
      at: 'alice:internet',
      count: { min: 30 },
    },
    { see: 'lost', name: 'and nowhere else', step: 'beat', count: { min: 30 }, because: ['gilbert-elliott-loss'] },
  ],
  twin: {
    about: 'A bad time of one packet: as many come, none lasts.',
    changes: [{ path: '/hosts/alice/interfaces/internet/up/gilbert_elliott', set: { p: 0.01, r: 1 } }],
    fails: 'more initiations than the clock asks for',
  },
} satisfies Scenario
