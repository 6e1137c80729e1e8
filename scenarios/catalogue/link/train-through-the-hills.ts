import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A phone on a train keeps its tunnel through gaps and hand-overs',
  about:
    'Outages of 2 and of 12 seconds come and go. The session lives through the short ones without a word; what is lost is what was sent into the dark.',
  duration: '200s',

  networks: { internet: {} },
  hosts: {
    alice: {
      interfaces: { internet: { address: '198.51.100.1', link: { preset: 'train', gilbert_elliott: { p: 0, r: 1 } } } },
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

  steps: [{ do: 'ping', at: '1s', name: 'beat', from: 'alice', to: '10.0.0.2', count: 190 }],
  expect: [
    { see: 'delivered', name: 'most of it', step: 'beat', count: { min: 140, max: 180 } },
    { see: 'lost', name: 'the dark takes some', step: 'beat', count: { min: 10, max: 50 }, because: ['blackout'] },
    { see: 'messages', name: 'few handshakes', message: 'initiation', from: 'alice', count: { max: 6 } },
  ],
  twin: {
    about: 'The train stands still.',
    changes: [{ path: '/hosts/alice/interfaces/internet/link/blackouts', set: [] }],
    fails: 'the dark takes some',
  },
} satisfies Scenario
