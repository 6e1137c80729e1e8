import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'The server reboots, and the client brings the tunnel back',
  about:
    "The server has forgotten the session and says nothing about the data it can not open. Fifteen seconds later the client's timer asks for a new handshake.",
  claims: ['ops-14', 'proto-11'],
  duration: '2m',

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
    { do: 'reboot', at: '20s', host: 'bob', off: '5s' },
    { do: 'ping', at: '30s', name: 'unheard', from: 'alice', to: '10.0.0.2', count: 14 },
    { do: 'ping', at: '60s', name: 'back again', from: 'alice', to: '10.0.0.2', count: 5 },
  ],
  expect: [
    { see: 'delivered', step: 'before' },
    { see: 'lost', name: 'fifteen seconds of silence', step: 'unheard', because: ['unknown-session'] },
    { see: 'delivered', name: 'healed', step: 'back again' },
    { see: 'messages', message: 'initiation', from: 'alice', between: ['44s', '47s'], count: 1 },
  ],
  twin: {
    about: 'The server stays off.',
    changes: [{ path: '/steps/1/off', set: '110s' }],
    fails: 'healed',
  },
} satisfies Scenario
