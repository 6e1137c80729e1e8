import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'Who shows its address may shake hands twenty times a second, and its whole /64 with it',
  about:
    'Bob is under load and asks for cookies. Mallory really is at her two addresses and gets one for each. With a cookie initiations are let through, five at once and twenty a second: for all addresses of one /64 together.',
  duration: '5s',

  networks: { internet: {} },
  hosts: {
    mallory: { interfaces: { internet: ['2001:db8:66::1', '2001:db8:66::2'] }, probe: true },
    trudy: { interfaces: { internet: '192.0.2.67' }, probe: true },
    bob: {
      interfaces: { internet: ['203.0.113.2', '2001:db8:2::2'] },
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
      name: 'the load',
      host: 'trudy',
      act: {
        kind: 'flood',
        to: '203.0.113.2:51820',
        what: 'initiation',
        peer: 'bob',
        count: 700,
        sources: '198.51.100.0/24',
      },
    },
    {
      do: 'probe',
      at: '1.1s',
      host: 'mallory',
      act: { kind: 'initiate', peer: 'bob', to: '[2001:db8:2::2]:51820', save: 'one' },
    },
    {
      do: 'probe',
      at: '1.1s',
      host: 'mallory',
      act: {
        kind: 'initiate',
        peer: 'bob',
        to: '[2001:db8:2::2]:51820',
        from: '[2001:db8:66::2]:51820',
        save: 'two',
      },
    },
    {
      do: 'probe',
      at: '1.1s',
      name: 'a cookie for each',
      host: 'mallory',
      act: { kind: 'expect', message: 'cookie-reply', within: '400ms', on: 'two' },
    },
    {
      do: 'probe',
      at: '1.6s',
      name: 'from the first',
      host: 'mallory',
      act: { kind: 'replay', slot: 'one', as: 'sender', macs: 'valid', count: 10 },
    },
    {
      do: 'probe',
      at: '1.61s',
      name: 'from the second',
      host: 'mallory',
      act: { kind: 'replay', slot: 'two', as: 'sender', macs: 'valid', count: 5 },
    },
  ],
  expect: [
    {
      see: 'messages',
      name: 'a cookie for each address',
      message: 'cookie-reply',
      from: 'bob',
      to: 'mallory',
      count: 2,
    },
    { see: 'dropped', name: 'five for both', because: 'unknown-peer', at: 'bob:wg0', count: 5 },
    { see: 'dropped', name: 'ten are too many', because: 'rate-limited', at: 'bob:wg0', count: 10 },
  ],
  twin: {
    about: 'Her second address is in another /64, which has five of its own.',
    changes: [
      { path: '/hosts/mallory/interfaces/internet/1', set: '2001:db8:67::2' },
      { path: '/steps/2/act/from', set: '[2001:db8:67::2]:51820' },
    ],
    fails: 'ten are too many',
  },
} satisfies Scenario
