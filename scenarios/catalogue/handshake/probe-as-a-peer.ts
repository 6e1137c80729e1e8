import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A peer that is played by script: it answers, it pings, it may use any counter',
  about:
    'Mallory is a peer of bob here. Her handshake is real, with a preshared key; a keepalive confirms it, and a ping with a counter of a thousand is as good as any.',
  duration: '20s',
  networks: { internet: {} },
  hosts: {
    mallory: { interfaces: { internet: '192.0.2.66' }, probe: true },
    bob: {
      interfaces: { internet: '203.0.113.2' },
      wg: {
        wg0: `[Interface]
PrivateKey = <bob>
Address = 10.0.0.2/24
ListenPort = 51820

[Peer]
PublicKey = <mallory.pub>
AllowedIPs = 10.0.0.66/32
PresharedKey = <bob-mallory.psk>
`,
      },
    },
  },
  steps: [
    {
      do: 'probe',
      at: '1s',
      host: 'mallory',
      act: { kind: 'initiate', peer: 'bob', to: '203.0.113.2:51820', psk: 'bob-mallory', save: 'hand' },
    },
    {
      do: 'probe',
      at: '1s',
      name: 'answered',
      host: 'mallory',
      act: { kind: 'expect', message: 'response', within: '1s', from: '203.0.113.2:51820', on: 'hand' },
    },
    {
      do: 'probe',
      at: '3s',
      host: 'mallory',
      act: {
        kind: 'data',
        session: 'hand',
        payload: { ping: '10.0.0.2', from: '10.0.0.66', size: 500 },
        counter: 1000,
        save: 'sent',
      },
    },
    {
      do: 'probe',
      at: '3s',
      name: 'pong',
      host: 'mallory',
      act: { kind: 'expect', message: 'data', within: '1s', on: 'hand', save: 'pong' },
    },
    {
      do: 'probe',
      at: '6s',
      host: 'mallory',
      act: { kind: 'data', session: 'hand', payload: 'keepalive', counter: 1000 },
    },
    {
      do: 'probe',
      at: '8s',
      host: 'mallory',
      act: { kind: 'data', session: 'hand', payload: { hex: '00' }, save: 'kept', send: false },
    },
  ],
  expect: [
    { see: 'dropped', name: 'what was only built is not heard', because: 'inner-not-ip', at: 'bob:wg0', count: 0 },
    { see: 'messages', name: 'bob answers the ping', message: 'data', from: 'bob', count: 1, size: 560 },
    { see: 'dropped', name: 'a counter twice', because: 'replayed', at: 'bob:wg0', count: 1 },
  ],
  twin: {
    about: 'The counter goes on by itself.',
    changes: [{ path: '/steps/4/act/counter', remove: true }],
    fails: 'a counter twice',
  },
} satisfies Scenario
