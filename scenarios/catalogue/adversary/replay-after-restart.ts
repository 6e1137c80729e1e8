import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A recorded initiation works once more after the responder has rebooted, and gains the attacker nothing',
  about:
    'The timestamps that bob has seen are in his memory alone. After a reboot he answers the recording and believes for a while that alice is where mallory is. But she can not read the answer nor confirm the session, and the next packet of alice puts everything right.',
  claims: ['proto-10'],
  duration: '60s',

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
      at: '0s',
      host: 'mallory',
      act: { kind: 'capture', message: 'initiation', from: 'alice', save: 'recorded' },
    },
    { do: 'ping', at: '1s', name: 'before', from: 'alice', to: '10.0.0.2' },
    { do: 'reboot', at: '5s', host: 'bob', off: '2s' },
    {
      do: 'probe',
      at: '10s',
      host: 'mallory',
      act: { kind: 'replay', slot: 'recorded', to: '203.0.113.2:51820' },
    },
    { do: 'ping', at: '40s', name: 'again', from: 'alice', to: '10.0.0.2', count: 20 },
  ],
  expect: [
    { see: 'delivered', step: 'before' },
    {
      see: 'messages',
      name: 'he answers the recording',
      message: 'response',
      from: 'bob',
      to: 'mallory',
      count: 1,
    },
    { see: 'endpoint', name: 'he believes her', host: 'bob', peer: 'alice', is: '192.0.2.66:51820', at: '11s' },
    { see: 'handshakes', name: 'no session comes of it', host: 'bob', peer: 'alice', between: ['7s', '39s'], count: 0 },
    { see: 'endpoint', name: 'alice puts it right', host: 'bob', peer: 'alice', is: '198.51.100.1:51820' },
    { see: 'delivered', step: 'again', count: { min: 1 } },
  ],
  twin: {
    about: 'Bob has not rebooted: he knows the timestamp and is silent.',
    changes: [{ path: '/steps/2', set: { do: 'ping', at: '5s', from: 'bob', to: '10.0.0.1' } }],
    fails: 'he answers the recording',
  },
} satisfies Scenario
