import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A laptop sleeps ten minutes, and wakes with a new handshake',
  about: 'Session ages count the sleep: the old session is too old, the first packet asks for a new one.',
  claims: ['time-04'],
  duration: '15m',

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
    { do: 'ping', at: '1s', name: 'before', from: 'alice', to: '10.0.0.2', count: 5 },
    { do: 'suspend', at: '60s', host: 'alice', for: '10m' },
    { do: 'ping', at: '5m', name: 'asleep', from: 'bob', to: '10.0.0.1' },
    { do: 'ping', at: '661s', name: 'awake', from: 'alice', to: '10.0.0.2', count: 3 },
  ],
  expect: [
    { see: 'delivered', step: 'before' },
    { see: 'lost', name: 'nobody home', step: 'asleep' },
    { see: 'delivered', step: 'awake' },
    { see: 'messages', message: 'initiation', from: 'alice', between: ['660s', '15m'], count: 1 },
  ],
  twin: {
    about: 'It sleeps only a minute.',
    changes: [{ path: '/steps/1/for', set: '1m' }],
    fails: 'nobody home',
  },
} satisfies Scenario
