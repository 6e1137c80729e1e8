import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A board without a battery boots in 1970 and is locked out until the time service answers',
  about:
    'Alice had the right time and a handshake with it. After a reboot her clock says 1970, and bob refuses every initiation that is older than the last. Nothing tells her; four minutes later NTP arrives.',
  claims: ['time-03'],
  duration: '8m',

  networks: { internet: {} },
  hosts: {
    alice: {
      interfaces: { internet: '198.51.100.1' },
      clock: { rtc: 'none', ntp: { after: '4m' } },
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
    { do: 'reboot', at: '30s', host: 'alice', off: '5s' },
    { do: 'ping', at: '60s', name: 'in 1970', from: 'alice', to: '10.0.0.2', count: 10, interval: '10s' },
    { do: 'ping', at: '5m', name: 'with the time', from: 'alice', to: '10.0.0.2', count: 3 },
  ],
  expect: [
    { see: 'delivered', step: 'before' },
    { see: 'lost', name: 'locked out', step: 'in 1970', because: ['handshake-given-up', 'staged-overflow'] },
    { see: 'dropped', because: 'old-timestamp', at: 'bob:wg0', count: { min: 10 } },
    { see: 'delivered', name: 'let in again', step: 'with the time' },
  ],
  twin: {
    about: 'With a battery the clock runs on while the board is off.',
    changes: [{ path: '/hosts/alice/clock/rtc', set: 'battery' }],
    fails: 'locked out',
  },
} satisfies Scenario
