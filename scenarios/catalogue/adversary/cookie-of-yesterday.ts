import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'Under load an old cookie is no cookie, and no MAC at all is not even an answer',
  about:
    'Mallory has her cookie, and sends her initiation with one that is long forgotten: she is asked again. Without any MAC she hears nothing.',
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
      name: 'an old one',
      host: 'mallory',
      act: { kind: 'replay', slot: 'hers', macs: 'stale' },
    },
    {
      do: 'probe',
      at: '4s',
      name: 'without',
      host: 'mallory',
      act: { kind: 'replay', slot: 'hers', macs: 'absent', count: 3, interval: '500ms' },
    },
  ],
  expect: [
    { see: 'messages', name: 'asked again', message: 'cookie-reply', from: 'bob', to: 'mallory', count: 2 },
    { see: 'dropped', name: 'not let in', because: 'unknown-peer', at: 'bob:wg0', count: 0 },
    { see: 'dropped', name: 'not looked at', because: 'bad-mac1', at: 'bob:wg0', between: ['3.9s', '6s'], count: 3 },
    {
      see: 'dropped',
      name: 'one after the other',
      because: 'bad-mac1',
      at: 'bob:wg0',
      between: ['4.9s', '6s'],
      count: 1,
    },
  ],
  twin: {
    about: 'She uses the cookie that she was given.',
    changes: [{ path: '/steps/3/act/macs', set: 'valid' }],
    fails: 'not let in',
  },
} satisfies Scenario
