import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: "Who has bob's key can lock alice out of bob until the day she named",
  about:
    "With the stolen key of the responder mallory forges an initiation of alice's, dated a year ahead. Bob keeps the latest timestamp of each peer, and takes every true initiation of alice for an old one, in silence. Only a reboot, or setting the peer anew, forgets it.",
  duration: '2m',

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
    {
      do: 'probe',
      at: '1s',
      host: 'mallory',
      act: {
        kind: 'initiate',
        peer: 'bob',
        to: '203.0.113.2:51820',
        key: 'alice',
        stolen: 'responder',
        clock: '365d',
        save: 'knock',
      },
    },
    { do: 'ping', at: '5s', name: 'locked out', from: 'alice', to: '10.0.0.2', count: 3 },
    { do: 'reboot', at: '60s', host: 'bob', off: '1s' },
    { do: 'ping', at: '70s', name: 'after a reboot', from: 'alice', to: '10.0.0.2', count: 20 },
  ],
  expect: [
    {
      see: 'dropped',
      name: 'her true messages are too old',
      because: 'old-timestamp',
      at: 'bob:wg0',
      count: { min: 5 },
    },
    {
      see: 'messages',
      name: 'and get no answer',
      message: 'response',
      from: 'bob',
      to: 'alice',
      between: ['0s', '60s'],
      count: 0,
    },
    { see: 'delivered', name: 'a reboot forgets', step: 'after a reboot', count: { min: 10 } },
  ],
  twin: {
    about: 'A forgery that is dated back does not hurt.',
    changes: [{ path: '/steps/0/act/clock', set: '-1h' }],
    fails: 'her true messages are too old',
  },
} satisfies Scenario
