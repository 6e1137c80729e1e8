import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'However packets are shuffled within the window, each is delivered once',
  about: 'Mallory collects ten at a time: once the last goes first, once she shuffles.',
  duration: '40s',
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
      act: {
        kind: 'reorder',
        message: 'data',
        from: 'alice',
        to: 'bob',
        network: 'internet',
        for: '8s',
        group: 10,
        order: 'last-first',
      },
    },
    { do: 'send', at: '4s', name: 'first', from: 'alice', to: '10.0.0.2:9', count: 20, interval: '10ms' },
    {
      do: 'probe',
      at: '15s',
      host: 'mallory',
      act: { kind: 'reorder', message: 'data', from: 'alice', group: 10, order: 'shuffle' },
    },
    { do: 'send', at: '16s', name: 'second', from: 'alice', to: '10.0.0.2:9', count: 20, interval: '10ms' },
  ],
  expect: [
    { see: 'delivered', step: 'first' },
    { see: 'delivered', step: 'second' },
  ],
  twin: {
    about: 'She does not shuffle the first, but holds them back for four minutes.',
    changes: [{ path: '/steps/1/act', set: { kind: 'delay', message: 'data', from: 'alice', delay: '4m' } }],
    fails: 'delivered first',
  },
} satisfies Scenario
