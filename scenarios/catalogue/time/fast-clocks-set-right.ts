import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'Clocks that run fast are wrong in the one direction that matters once they are set right',
  about:
    "Alice's clock gains a tenth from the start, carol's from the first second. After ten minutes the time service takes the minute away that they have gained, and a tunnel that is made anew has to wait for it.",
  claims: ['time-01'],
  duration: '11m',
  networks: { internet: {} },
  hosts: {
    alice: {
      interfaces: { internet: '198.51.100.1' },
      clock: { drift_ppm: 100_000 },
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
    carol: {
      interfaces: { internet: '198.51.100.3' },
      wg: {
        wg0: `[Interface]
PrivateKey = <carol>
Address = 10.0.0.3/24
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

[Peer]
PublicKey = <carol.pub>
AllowedIPs = 10.0.0.3/32
`,
      },
    },
  },
  steps: [
    { do: 'clock', at: '1s', host: 'carol', drift_ppm: 100_000 },
    { do: 'ping', at: '590s', name: 'before', from: 'alice', to: '10.0.0.2' },
    { do: 'ping', at: '590s', name: 'carol before', from: 'carol', to: '10.0.0.2' },
    { do: 'clock', at: '600s', host: 'alice', sync: 'step' },
    { do: 'clock', at: '600s', host: 'carol', sync: 'step' },
    { do: 'run', at: '601s', host: 'alice', command: 'wg-quick down wg0' },
    { do: 'run', at: '602s', host: 'alice', command: 'wg-quick up wg0' },
    { do: 'run', at: '601s', host: 'carol', command: 'wg-quick down wg0' },
    { do: 'run', at: '602s', host: 'carol', command: 'wg-quick up wg0' },
    { do: 'ping', at: '605s', name: 'alice again', from: 'alice', to: '10.0.0.2', count: 3 },
    { do: 'ping', at: '605s', name: 'carol again', from: 'carol', to: '10.0.0.2', count: 3 },
  ],
  expect: [
    { see: 'delivered', step: 'before' },
    { see: 'delivered', step: 'carol before' },
    { see: 'delivered', name: 'alice waits', step: 'alice again', count: 0, within: '10s' },
    { see: 'delivered', name: 'carol waits', step: 'carol again', count: 0, within: '10s' },
  ],
  twin: {
    about: "Carol's clock runs as it should.",
    changes: [{ path: '/steps/0/drift_ppm', set: 0 }],
    fails: 'carol waits',
  },
} satisfies Scenario
