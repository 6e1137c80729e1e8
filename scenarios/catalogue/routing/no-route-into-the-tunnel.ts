import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A peer that nobody has: the sender is told at once',
  about: 'A packet for an address that no AllowedIPs hold is refused with an ICMP host unreachable, not with silence.',
  duration: '10s',

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

  steps: [{ do: 'ping', at: '1s', name: 'to nobody', from: 'alice', to: '10.0.0.99', count: 3 }],
  expect: [
    { see: 'lost', name: 'refused', step: 'to nobody', because: ['no-route'] },
    { see: 'messages', name: 'nothing leaves', message: 'any', from: 'alice', count: 0 },
  ],
  twin: {
    about: 'The range is given to bob: now packets leave for him.',
    changes: [{ path: '/hosts/alice/wg/wg0', replace: '10.0.0.2/32', with: '10.0.0.0/24' }],
    fails: 'nothing leaves',
  },
} satisfies Scenario
