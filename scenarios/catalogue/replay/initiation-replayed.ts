import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A recorded initiation makes nobody answer',
  about:
    'Mallory copies an initiation on its way and sends it again, one second and one minute later. Its timestamp is not newer than the last one, so bob is silent and the session lives on.',
  claims: ['proto-10'],
  duration: '2m',

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
    {
      do: 'probe',
      at: '0s',
      host: 'mallory',
      act: { kind: 'capture', message: 'initiation', from: 'alice', save: 'first' },
    },
    { do: 'ping', at: '1s', name: 'before', from: 'alice', to: '10.0.0.2' },
    { do: 'probe', at: '2s', host: 'mallory', act: { kind: 'replay', slot: 'first', to: '203.0.113.2:51820' } },
    { do: 'probe', at: '60s', host: 'mallory', act: { kind: 'replay', slot: 'first', to: '203.0.113.2:51820' } },
    { do: 'ping', at: '61s', name: 'after', from: 'bob', to: '10.0.0.1' },
  ],
  expect: [
    { see: 'delivered', step: 'before' },
    { see: 'messages', name: 'one response', message: 'response', from: 'bob', count: 1 },
    { see: 'dropped', because: 'old-timestamp', at: 'bob:wg0', count: 2 },
    { see: 'endpoint', name: 'bob is not led astray', host: 'bob', peer: 'alice', is: '198.51.100.1:51820' },
    { see: 'delivered', step: 'after' },
  ],
  twin: {
    about: 'Mallory holds the first one back, and delivers it herself: it is new to bob, who answers her.',
    changes: [
      { path: '/steps/0/act/hold', set: true },
      { path: '/steps/2/at', set: '1.5s' },
    ],
    fails: 'one response',
  },
} satisfies Scenario
