import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A wrong public key looks like a dead host',
  about:
    'Alice has the wrong public key for bob. Her messages carry a first MAC that bob can not confirm, so he says nothing at all.',
  claims: ['proto-09', 'quiet-01'],
  duration: '150s',

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
PublicKey = <stranger.pub>
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

  steps: [{ do: 'ping', at: '1s', name: 'misaddressed', from: 'alice', to: '10.0.0.2' }],
  expect: [
    { see: 'lost', name: 'nothing gets through', step: 'misaddressed' },
    { see: 'messages', message: 'initiation', from: 'alice', count: 20 },
    { see: 'messages', name: 'bob is silent', message: 'any', from: 'bob', count: 0 },
    { see: 'dropped', because: 'bad-mac1', at: 'bob:wg0', count: 20 },
  ],
  twin: {
    about: 'The right key.',
    changes: [{ path: '/hosts/alice/wg/wg0', replace: '<stranger.pub>', with: '<bob.pub>' }],
    fails: 'nothing gets through',
  },
} satisfies Scenario
