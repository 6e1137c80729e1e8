import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'Clocks ten years apart do no harm',
  about: 'Timestamps are only ever compared with earlier ones of the same host.',
  claims: ['time-02'],
  duration: '10m',

  networks: { internet: {} },
  hosts: {
    alice: {
      interfaces: { internet: '198.51.100.1' },
      clock: { offset: '-3650d', drift_ppm: 500 },
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
      clock: { drift_ppm: -500 },
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

  steps: [{ do: 'ping', at: '1s', name: 'steady', from: 'alice', to: '10.0.0.2', count: 59, interval: '10s' }],
  expect: [
    { see: 'delivered', name: 'no harm', step: 'steady' },
    { see: 'handshakes', host: 'bob', peer: 'alice', count: { min: 4, max: 5 } },
  ],
  twin: {
    about: 'The clock does not only differ, it falls back in mid-run.',
    changes: [{ path: '/steps/1', set: { do: 'clock', at: '60s', host: 'alice', jump: '-1h' } }],
    fails: 'no harm',
  },
} satisfies Scenario
