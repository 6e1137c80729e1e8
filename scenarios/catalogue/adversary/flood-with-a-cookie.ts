import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A flood that shows its address is let in at its own rate',
  about:
    'Mallory has asked for a cookie and floods with it. Bob no longer asks who she is; he counts, and drops what is more than five at once.',
  claims: ['quiet-05'],
  duration: '10s',
  networks: { internet: {} },
  hosts: {
    mallory: { interfaces: { internet: '192.0.2.66' }, probe: true },
    trudy: { interfaces: { internet: '192.0.2.67' }, probe: true },
    bob: {
      interfaces: { internet: '203.0.113.2' },
      handshake_cost: '5us',
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
    {
      do: 'probe',
      at: '1s',
      name: 'load',
      host: 'trudy',
      act: {
        kind: 'flood',
        to: '203.0.113.2:51820',
        what: 'initiation',
        peer: 'bob',
        count: 600,
        sources: '100.64.0.0/16',
      },
    },
    {
      do: 'probe',
      at: '1.1s',
      host: 'mallory',
      act: { kind: 'initiate', peer: 'bob', to: '203.0.113.2:51820', save: 'hers' },
    },
    {
      do: 'probe',
      at: '1.1s',
      name: 'the cookie',
      host: 'mallory',
      act: { kind: 'expect', message: 'cookie-reply', within: '400ms', on: 'hers' },
    },
    {
      do: 'probe',
      at: '1.6s',
      name: 'with it',
      host: 'mallory',
      act: { kind: 'flood', to: '203.0.113.2:51820', what: 'initiation', peer: 'bob', count: 20, cookie: 'hers' },
    },
  ],
  expect: [
    { see: 'messages', name: 'asked once', message: 'cookie-reply', from: 'bob', to: 'mallory', count: 1 },
    { see: 'dropped', name: 'too many', because: 'rate-limited', at: 'bob:wg0', count: { min: 10 } },
  ],
  twin: { about: 'She does not show it.', changes: [{ path: '/steps/3/act/cookie', remove: true }], fails: 'too many' },
} satisfies Scenario
