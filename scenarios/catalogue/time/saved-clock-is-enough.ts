import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A clock that only remembers when it went off is wrong, and right enough',
  about:
    'fake-hwclock writes the time down when the machine goes off. After ten minutes without power it is ten minutes behind, which is still later than any timestamp sent before.',
  claims: ['time-03'],
  duration: '15m',

  networks: { internet: {} },
  hosts: {
    alice: {
      interfaces: { internet: '198.51.100.1' },
      clock: { rtc: 'saved' },
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
    { do: 'clock', at: '0s', host: 'alice', sync: 'step' },
    { do: 'ping', at: '1s', name: 'before', from: 'alice', to: '10.0.0.2', count: 3 },
    { do: 'reboot', at: '30s', host: 'alice', off: '10m' },
    { do: 'ping', at: '11m', name: 'after', from: 'alice', to: '10.0.0.2', count: 3 },
  ],
  expect: [
    { see: 'delivered', step: 'before' },
    { see: 'delivered', name: 'let in', step: 'after' },
    { see: 'dropped', name: 'nothing refused', because: 'old-timestamp', count: 0 },
  ],
  twin: {
    about: 'Without it the clock begins in 1970.',
    changes: [{ path: '/hosts/alice/clock/rtc', set: 'none' }],
    fails: 'let in',
  },
} satisfies Scenario
