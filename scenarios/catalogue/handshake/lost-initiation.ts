import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A lost initiation is sent again after five seconds',
  about:
    'The packet that wanted the session waits, and arrives late instead of never. Paper section 6.4: REKEY_TIMEOUT, plus up to a third of a second, and a step of the timer wheel on Linux.',
  claims: ['proto-08'],
  duration: '10s',

  networks: { internet: {} },
  hosts: {
    alice: {
      interfaces: { internet: { address: '198.51.100.1', up: { lose: [{ message: 'initiation', nth: [1] }] } } },
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

  steps: [{ do: 'ping', at: '1s', name: 'patient', from: 'alice', to: '10.0.0.2' }],
  expect: [
    { see: 'delivered', step: 'patient', within: '5.7s' },
    { see: 'messages', name: 'two initiations', message: 'initiation', from: 'alice', count: 2 },
    {
      see: 'spacing',
      name: 'five seconds and jitter',
      message: 'initiation',
      from: 'alice',
      each: { min: '5s', max: '5.6s' },
    },
    { see: 'dropped', because: 'listed-loss', at: 'alice:internet', count: 1 },
  ],
  twin: {
    about: 'The cable loses nothing.',
    changes: [{ path: '/hosts/alice/interfaces/internet', set: '198.51.100.1' }],
    fails: 'two initiations',
  },
} satisfies Scenario
