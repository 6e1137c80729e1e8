import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'Who set the clock right has locked itself out for as long as it was wrong',
  about:
    "Alice's clock is an hour ahead, and her first handshake says so. The time service puts it right; from then on every initiation of hers is older than the first.",
  claims: ['time-01'],
  duration: '60s',
  networks: { internet: {} },
  hosts: {
    alice: {
      interfaces: { internet: '198.51.100.1' },
      clock: { offset: '1h' },
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
    { do: 'ping', at: '1s', name: 'before', from: 'alice', to: '10.0.0.2' },
    { do: 'clock', at: '10s', host: 'alice', sync: 'step' },
    { do: 'run', at: '20s', host: 'alice', command: 'wg-quick down wg0' },
    { do: 'run', at: '21s', host: 'alice', command: 'wg-quick up wg0' },
    { do: 'ping', at: '30s', name: 'set right', from: 'alice', to: '10.0.0.2', count: 3 },
  ],
  expect: [
    { see: 'delivered', step: 'before' },
    { see: 'lost', name: 'locked out', step: 'set right' },
    { see: 'dropped', because: 'old-timestamp', at: 'bob:wg0', count: { min: 1 } },
  ],
  twin: {
    about: 'The clock was right.',
    changes: [{ path: '/hosts/alice/clock/offset', set: '0s' }],
    fails: 'locked out',
  },
} satisfies Scenario
