import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A flood from many addresses costs bandwidth; sessions that stand live on',
  about:
    "Fifteen hundred initiations with a valid mac1 come at once, each from another address. Bob answers with cookies that never come back to him; data is not handshakes, so alice's pings go on. Carol, who has none yet, is asked for a cookie too, and gets in.",
  claims: ['quiet-04'],
  duration: '20s',

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
      handshake_cost: '2us',
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
    { do: 'ping', at: '1s', name: 'before', from: 'alice', to: '10.0.0.2' },
    {
      do: 'probe',
      at: '2s',
      name: 'flood',
      host: 'mallory',
      act: {
        kind: 'flood',
        to: '203.0.113.2:51820',
        what: 'initiation',
        peer: 'bob',
        count: 1500,
        sources: '100.100.0.0/16',
      },
    },
    { do: 'ping', at: '2.3s', name: 'old session', from: 'alice', to: '10.0.0.2', count: 10, interval: '50ms' },
    { do: 'ping', at: '2.3s', name: 'new session', from: 'carol', to: '10.0.0.2' },
  ],
  expect: [
    { see: 'delivered', name: 'the session lives on', step: 'old session', within: '100ms' },
    { see: 'delivered', name: 'carol gets in', step: 'new session' },
    {
      see: 'messages',
      name: 'cookies go out',
      message: 'cookie-reply',
      from: 'bob',
      between: ['2s', '10s'],
      count: { min: 500 },
    },
    {
      see: 'messages',
      name: 'carol is asked for a cookie',
      message: 'cookie-reply',
      from: 'bob',
      to: 'carol',
      count: { min: 1 },
    },
    { see: 'dropped', name: 'nobody is where the cookies go', because: 'no-route', count: { min: 500 } },
  ],
  twin: {
    about: 'Without a valid mac1, from who does not know the public key, nothing is answered at all.',
    changes: [{ path: '/steps/1/act/what', set: 'bad-mac1' }],
    fails: 'cookies go out',
  },
} satisfies Scenario
