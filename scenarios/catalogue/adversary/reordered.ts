import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A window of 8128 forgives a reversed stream; what is held back for longer is taken for a replay',
  about:
    'Mallory takes five hundred packets off the network and lets them go in reverse order: each is delivered once. One that she holds back until more than eight thousand others have passed is not.',
  duration: '125s',

  networks: { internet: { link: { delay: '5ms' } } },
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
    { do: 'ping', at: '1s', name: 'first', from: 'alice', to: '10.0.0.2' },
    {
      do: 'probe',
      at: '2s',
      host: 'mallory',
      act: { kind: 'reorder', message: 'data', from: 'alice', group: 500, count: 500, within: '5s' },
    },
    { do: 'send', at: '3s', name: 'reversed', from: 'alice', to: '10.0.0.2:9', count: 500, interval: '1ms', size: 8 },
    {
      do: 'probe',
      at: '10s',
      host: 'mallory',
      act: { kind: 'delay', message: 'data', from: 'alice', delay: '20s', count: 1 },
    },
    { do: 'send', at: '11s', name: 'overtaken', from: 'alice', to: '10.0.0.2:9' },
    { do: 'send', at: '12s', name: 'others', from: 'alice', to: '10.0.0.2:9', count: 8200, interval: '1ms', size: 8 },
  ],
  expect: [
    { see: 'delivered', name: 'every one of a reversed stream', step: 'reversed' },
    { see: 'delivered', step: 'others' },
    { see: 'lost', name: 'overtaken by 8200', step: 'overtaken', because: ['replayed'] },
  ],
  twin: {
    about: 'Only eight thousand overtake it.',
    changes: [{ path: '/steps/5/count', set: 8000 }],
    fails: 'overtaken by 8200',
  },
} satisfies Scenario
