import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A cookie holds for the address and port that it was given to, and for two minutes',
  about:
    'Mallory gets a cookie under load. Used from another port, or from another address, or after two minutes, it is worth nothing: she is only asked for one again.',
  claims: ['quiet-05'],
  duration: '3m',

  networks: { internet: {} },
  hosts: {
    mallory: { interfaces: { internet: ['192.0.2.66', '192.0.2.68'] }, probe: true },
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
        sources: '198.51.100.0/24',
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
      name: 'as it was given',
      host: 'mallory',
      act: { kind: 'replay', slot: 'hers', macs: 'valid' },
    },
    {
      do: 'probe',
      at: '1.7s',
      name: 'from another port',
      host: 'mallory',
      act: { kind: 'replay', slot: 'hers', macs: 'valid', from: '192.0.2.66:51821' },
    },
    {
      do: 'probe',
      at: '1.8s',
      name: 'from another address',
      host: 'mallory',
      act: { kind: 'replay', slot: 'hers', macs: 'valid', from: '192.0.2.68:51820' },
    },
    {
      do: 'probe',
      at: '130s',
      name: 'load again',
      host: 'trudy',
      act: {
        kind: 'flood',
        to: '203.0.113.2:51820',
        what: 'initiation',
        peer: 'bob',
        count: 600,
        sources: '198.51.100.0/24',
      },
    },
    {
      do: 'probe',
      at: '130.6s',
      name: 'two minutes later',
      host: 'mallory',
      act: { kind: 'replay', slot: 'hers', macs: 'valid' },
    },
  ],
  expect: [
    { see: 'dropped', name: 'it is let in once', because: 'unknown-peer', at: 'bob:wg0', count: 1 },
    {
      see: 'messages',
      name: 'and asked again each other time',
      message: 'cookie-reply',
      from: 'bob',
      to: 'mallory',
      count: 4,
    },
  ],
  twin: {
    about: 'All of them come from where the cookie was given to, and in time.',
    changes: [
      { path: '/steps/4/act/from', remove: true },
      { path: '/steps/5/act/from', remove: true },
      { path: '/steps/6/at', set: '100s' },
      { path: '/steps/7/at', set: '100.6s' },
    ],
    fails: 'it is let in once',
  },
} satisfies Scenario
