import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'Where timers stand still in sleep, a laptop wakes with a session that nobody knows any more',
  about:
    'wireguard-go counts time on a clock that stops in suspend. After ten minutes of sleep it believes its session to be young and uses it; bob has given it up. Fifteen seconds of data go nowhere until a new handshake. Linux counts the sleep, and asks at once.',
  claims: ['time-04'],
  duration: '15m',

  networks: { internet: {} },
  hosts: {
    alice: {
      interfaces: { internet: '198.51.100.1' },
      timers: 'monotonic',
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
    { do: 'ping', at: '1s', name: 'before', from: 'alice', to: '10.0.0.2', count: 5 },
    { do: 'suspend', at: '60s', host: 'alice', for: '10m' },
    { do: 'ping', at: '661s', name: 'on waking', from: 'alice', to: '10.0.0.2', count: 14 },
    { do: 'ping', at: '12m', name: 'later', from: 'alice', to: '10.0.0.2', count: 3 },
  ],
  expect: [
    { see: 'delivered', step: 'before' },
    { see: 'lost', name: 'fifteen seconds of silence', step: 'on waking', because: ['unknown-session'] },
    { see: 'messages', message: 'initiation', from: 'alice', between: ['660s', '675s'], count: 0 },
    { see: 'delivered', step: 'later' },
  ],
  twin: {
    about: 'Its timers count the sleep, as in Linux.',
    changes: [{ path: '/hosts/alice/timers', set: 'boottime' }],
    fails: 'fifteen seconds of silence',
  },
} satisfies Scenario
