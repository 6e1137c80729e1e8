import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A time service that slews a clock from an hour behind helps nobody today',
  about:
    'At 500 parts per million an hour takes 83 days. Who is locked out by a clock that fell back stays locked out; one step heals it at once.',
  claims: ['time-01'],
  duration: '20m',

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
    { do: 'ping', at: '1s', name: 'before', from: 'alice', to: '10.0.0.2', count: 3 },
    { do: 'clock', at: '60s', host: 'alice', jump: '-1h' },
    { do: 'clock', at: '5m', host: 'alice', sync: 'slew' },
    { do: 'ping', at: '15m', name: 'ten minutes later', from: 'alice', to: '10.0.0.2', count: 3 },
  ],
  expect: [
    { see: 'delivered', step: 'before' },
    { see: 'lost', name: 'still refused', step: 'ten minutes later' },
    { see: 'dropped', because: 'old-timestamp', at: 'bob:wg0', count: { min: 10 } },
  ],
  twin: {
    about: 'The time service steps the clock.',
    changes: [{ path: '/steps/2/sync', set: 'step' }],
    fails: 'still refused',
  },
} satisfies Scenario
