import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'What a flood is made of says how far it gets',
  about:
    'Initiations without the key of bob fail at the first MAC; responses and data belong to nothing; random bytes are no message. None costs more than a hash.',
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
    { do: 'ping', at: '1s', name: 'hello', from: 'alice', to: '10.0.0.2' },
    {
      do: 'probe',
      at: '3s',
      host: 'mallory',
      act: { kind: 'flood', to: '203.0.113.2:51820', count: 50, interval: '1ms', what: 'bad-mac1' },
    },
    {
      do: 'probe',
      at: '4s',
      host: 'mallory',
      act: { kind: 'flood', to: '203.0.113.2:51820', count: 50, interval: '1ms', what: 'response', peer: 'bob' },
    },
    {
      do: 'probe',
      at: '5s',
      host: 'mallory',
      act: { kind: 'flood', to: '203.0.113.2:51820', count: 50, interval: '1ms', what: 'data' },
    },
    {
      do: 'probe',
      at: '6s',
      host: 'mallory',
      act: {
        kind: 'flood',
        to: '203.0.113.2:51820',
        count: 50,
        interval: '1ms',
        what: 'random',
        size: { min: 3, max: 3 },
      },
    },
    { do: 'ping', at: '8s', name: 'undisturbed', from: 'alice', to: '10.0.0.2' },
  ],
  expect: [
    { see: 'dropped', name: 'by the MAC', because: 'bad-mac1', at: 'bob:wg0', count: 50 },
    { see: 'dropped', name: 'no such handshake', because: 'unknown-handshake', at: 'bob:wg0', count: 50 },
    { see: 'dropped', name: 'no such session', because: 'unknown-session', at: 'bob:wg0', count: 50 },
    { see: 'dropped', name: 'no such message', because: 'too-short', at: 'bob:wg0', count: 50 },
    {
      see: 'dropped',
      name: 'at a rate',
      because: 'bad-mac1',
      at: 'bob:wg0',
      between: ['3.03s', '4s'],
      count: { min: 20 },
    },
    { see: 'delivered', step: 'undisturbed' },
  ],
  twin: {
    about: 'The responses are for somebody else.',
    changes: [{ path: '/steps/2/act/peer', set: 'alice' }],
    fails: 'no such handshake',
  },
} satisfies Scenario
