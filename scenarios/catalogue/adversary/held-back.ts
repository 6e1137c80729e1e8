import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A message held back for four minutes has outlived its session',
  about:
    'Delay is in the hands of who sits on the path. A data message is good while its session is, and not a second longer.',
  duration: '6m',

  networks: { internet: {} },
  hosts: {
    mallory: { interfaces: { internet: '192.0.2.66' }, probe: true },
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
    { do: 'ping', at: '1s', name: 'first', from: 'alice', to: '10.0.0.2' },
    {
      do: 'probe',
      at: '10s',
      host: 'mallory',
      act: { kind: 'delay', message: 'data', from: 'alice', delay: '4m', count: 1 },
    },
    { do: 'send', at: '11s', name: 'held', from: 'alice', to: '10.0.0.2:9' },
    { do: 'ping', at: '20s', name: 'meanwhile', from: 'alice', to: '10.0.0.2', count: 5 },
  ],
  expect: [
    { see: 'delivered', step: 'first' },
    { see: 'delivered', step: 'meanwhile' },
    { see: 'lost', name: 'too late', step: 'held', because: ['unknown-session', 'session-expired'] },
  ],
  twin: {
    about: 'Held back for a minute it is still good, and delivered behind younger ones.',
    changes: [{ path: '/steps/1/act/delay', set: '60s' }],
    fails: 'too late',
  },
} satisfies Scenario
