/** The probe against our own Device, through whole worlds: what it sends is understood, what it expects is what comes. */
import { expect, test } from 'vitest'
import { nodeCrypto } from '../../impl/crypto/node/provider.ts'
import type { Scenario } from '../../scenarios/language/scenario.ts'
import type { ProbeAct, Step } from '../../scenarios/language/step.ts'
import type { Row } from '../../scenarios/language/trace.ts'
import { simWorld } from '../world.ts'

const BOB = '203.0.113.2:51820'

/** Bob, a real peer of `mallory` and `alice`; mallory is a probe; alice is a probe only when asked. */
function world(
  acts: readonly (readonly [at: Step['at'], act: ProbeAct, host?: string])[],
  more: Partial<Scenario> = {},
): string[] {
  const steps: Step[] = acts.map(([at, act, host], n) => ({
    do: 'probe',
    at,
    name: `${n}`,
    host: host ?? 'mallory',
    act,
  }))
  const scenario: Scenario = {
    schema: 'wglab/scenario@1',
    title: 'probe',
    duration: '60s',
    networks: { internet: {} },
    hosts: {
      mallory: { interfaces: { internet: ['192.0.2.66', '2001:db8::66'] }, probe: true },
      bob: {
        interfaces: { internet: '203.0.113.2' },
        wg: {
          wg0: '[Interface]\nPrivateKey = <bob>\nListenPort = 51820\nAddress = 10.0.0.2/24\n[Peer]\nPublicKey = <mallory.pub>\nAllowedIPs = 10.0.0.66/32\n[Peer]\nPublicKey = <secret-friend.pub>\nPresharedKey = <friends.psk>\nAllowedIPs = 10.0.0.77/32\n',
        },
        ...more.hosts?.['bob'],
      },
      ...Object.fromEntries(Object.entries(more.hosts ?? {}).filter(([name]) => name !== 'bob')),
    },
    steps: [...steps, ...(more.steps ?? [])],
    expect: [{ see: 'messages', message: 'any', from: 'bob', count: { min: 0 } }],
  }
  const rows: Row[] = []
  simWorld.run({ scenario, cast: {}, seed: '1', crypto: nodeCrypto, sink: { row: row => rows.push(row) } })
  return rows.flatMap(told)
}

/** Steps that were decided, packets that arrived, and refusals of bob's, in words. */
function told(row: Row): string[] {
  if (row.kind === 'step' && (row.what === 'satisfied' || row.what === 'failed' || row.what === 'error'))
    return [`${row.step} ${row.what}: ${row.detail}`]
  if (row.kind === 'drop' && row.at.startsWith('bob')) return [`bob drops: ${row.reason}`]
  if (row.kind === 'hop' && row.at === 'bob:wg0' && row.dir === 'in') return [`bob delivers ${row.size} bytes`]
  return []
}

const initiate = { kind: 'initiate', peer: 'bob', to: BOB, save: 'i' } as const
const expectResponse = { kind: 'expect', message: 'response', from: BOB, within: '1s', on: 'i', save: 'r' } as const
const ping = { ping: '10.0.0.2', from: '10.0.0.66' } as const

test('a handshake and data as initiator, and the answers open', () => {
  expect(
    world([
      ['1s', initiate],
      ['1s', expectResponse],
      ['2s', { kind: 'data', session: 'i', payload: ping }],
      ['2s', { kind: 'expect', message: 'data', within: '1s', on: 'i' }],
    ]),
  ).toEqual(['1 satisfied: from 203.0.113.2:51820', 'bob delivers 84 bytes', '3 satisfied: from 203.0.113.2:51820'])
})

test('with a preshared key, as somebody else; without it the response does not fit', () => {
  const friend = { ...initiate, key: 'secret-friend' } as const
  expect(
    world([
      ['1s', { ...friend, psk: 'friends' }],
      ['1s', expectResponse],
    ]),
  ).toEqual(['1 satisfied: from 203.0.113.2:51820'])
  expect(
    world([
      ['1s', friend],
      ['1s', expectResponse],
    ]),
  ).toEqual(['1 failed: no response came within 1s'])
})

test('counters: replayed, far behind, and a jump', () => {
  const data = (counter: number): ProbeAct => ({ kind: 'data', session: 'i', payload: ping, counter })
  expect(
    world([
      ['1s', initiate],
      ['1s', expectResponse],
      ['2s', data(0)],
      ['3s', data(9000)],
      ['4s', data(9000)],
      ['5s', data(9000 - 8129)],
      ['6s', data(9000 - 8128)],
    ]),
  ).toEqual([
    '1 satisfied: from 203.0.113.2:51820',
    'bob delivers 84 bytes',
    'bob delivers 84 bytes',
    'bob drops: replayed',
    'bob drops: replayed',
    'bob delivers 84 bytes',
  ])
})

test.each([
  ['type', { field: 'type', hex: '07' }, 'unknown-type'],
  ['reserved', { field: 'reserved', flip: 3 }, 'reserved-not-zero'],
  ['ephemeral', { field: 'ephemeral', flip: 0 }, 'bad-mac1'],
  ['mac1', { field: 'mac1', flip: 127 }, 'bad-mac1'],
] as const)('an altered %s is refused by name', (_, alteration, reason) => {
  expect(
    world([
      ['1s', { ...initiate, send: false }],
      ['2s', { kind: 'replay', slot: 'i', alter: [alteration] }],
      ['2s', { kind: 'expect-silence', for: '5s' }],
    ]),
  ).toEqual([`bob drops: ${reason}`, '2 satisfied: nothing came'])
})

test('valid macs over an altered body get one step further', () => {
  const outcome = (macs: 'valid' | 'absent' | 'stale') =>
    world([
      ['1s', { ...initiate, send: false }],
      ['2s', { kind: 'replay', slot: 'i', alter: [{ field: 'static', flip: 5 }], macs }],
    ])
  expect(outcome('valid')).toEqual(['bob drops: bad-static'])
  // A wrong mac2 does not matter while bob is not under load (behaviour 13).
  expect(outcome('stale')).toEqual(['bob drops: bad-static'])
  expect(outcome('absent')).toEqual(['bob drops: bad-mac1'])
})

test('under load: a cookie is asked for, and the same message with it is answered', () => {
  const told = world(
    [
      ['1s', { ...initiate, save: 'flood', send: false }],
      ['2s', { kind: 'replay', slot: 'flood', alter: [{ field: 'static', flip: 0 }], macs: 'valid', count: 1500 }],
      ['2.1s', initiate],
      ['2.1s', { kind: 'expect', message: 'cookie-reply', within: '2s', on: 'i' }],
      // The queue is empty again, but load is felt a second longer (behaviour 32): only the cookie gets this in.
      ['3.7s', { kind: 'replay', slot: 'i', macs: 'valid' }],
      ['3.7s', { kind: 'expect', message: 'response', within: '100ms', on: 'i' }],
    ],
    { hosts: { bob: { interfaces: { internet: '203.0.113.2' }, handshake_cost: '1ms' } } },
  )
  expect(told.filter(each => !each.startsWith('bob'))).toEqual([
    '3 satisfied: from 203.0.113.2:51820',
    '5 satisfied: from 203.0.113.2:51820',
  ])
})

const alice = {
  interfaces: { internet: '198.51.100.1' },
  wg: {
    wg0: '[Interface]\nPrivateKey = <alice>\nListenPort = 51820\nAddress = 10.9.0.1/24\n[Peer]\nPublicKey = <mallory.pub>\nEndpoint = 192.0.2.66:51820\nAllowedIPs = 10.9.0.66/32\n',
  },
}
const aliceSends: Step = { do: 'ping', at: '1s', from: 'alice', to: '10.9.0.66', count: 1 }

test('answers an initiation that came to it, and reads the data that follows', () => {
  expect(
    world(
      [
        ['0s', { kind: 'expect', message: 'initiation', within: '5s', save: 'asked' }],
        ['1.5s', { kind: 'respond', to: 'asked', save: 'r' }],
        ['1.5s', { kind: 'expect', message: 'data', within: '1s', on: 'r' }],
      ],
      { hosts: { alice }, steps: [aliceSends] },
    ),
  ).toEqual(['0 satisfied: from 198.51.100.1:51820', '2 satisfied: from 198.51.100.1:51820'])
})

test('holds a message on the path, and delivers it later as if from its sender', () => {
  const told = world(
    [
      ['0s', { kind: 'capture', message: 'initiation', from: 'carol', to: 'bob', hold: true, save: 'held' }],
      ['3s', { kind: 'replay', slot: 'held', as: 'sender' }],
    ],
    {
      hosts: {
        bob: {
          interfaces: { internet: '203.0.113.2' },
          wg: {
            wg0: '[Interface]\nPrivateKey = <bob>\nListenPort = 51820\nAddress = 10.0.0.2/24\n[Peer]\nPublicKey = <carol.pub>\nAllowedIPs = 10.0.0.3/32\n',
          },
        },
        carol: {
          interfaces: { internet: '198.51.100.3' },
          wg: {
            wg0: `[Interface]\nPrivateKey = <carol>\nAddress = 10.0.0.3/24\n[Peer]\nPublicKey = <bob.pub>\nEndpoint = ${BOB}\nAllowedIPs = 10.0.0.2/32\n`,
          },
        },
      },
      steps: [{ do: 'ping', at: '1s', from: 'carol', to: '10.0.0.2' }],
    },
  )
  expect(told).toEqual(['0 satisfied: held, 148 bytes', 'bob delivers 84 bytes'])
})

test.each<[string, readonly (readonly [Step['at'], ProbeAct])[], string]>([
  [
    'data without a handshake',
    [
      ['1s', { ...initiate, send: false }],
      ['2s', { kind: 'data', session: 'i', payload: 'keepalive' }],
    ],
    '1 failed: data: slot "i" holds no finished handshake',
  ],
  [
    'a field the message lacks',
    [
      ['1s', { ...initiate, send: false }],
      ['2s', { kind: 'replay', slot: 'i', alter: [{ field: 'counter', flip: 0 }] }],
    ],
    '1 failed: alter: a message of type 1 has no field "counter"',
  ],
  [
    'a bit beyond the field',
    [
      ['1s', { ...initiate, send: false }],
      ['2s', { kind: 'replay', slot: 'i', alter: [{ field: 'type', flip: 8 }] }],
    ],
    '1 failed: alter: "type" has 8 bits; bit 8 is beyond',
  ],
  [
    'two families',
    [
      ['1s', { ...initiate, send: false }],
      ['2s', { kind: 'replay', slot: 'i', from: '[2001:db8::66]:1' }],
    ],
    '1 failed: two families: from [2001:db8::66]:1 to 203.0.113.2:51820',
  ],
])('%s fails with a reason', (_, acts, line) => {
  expect(world(acts)).toEqual([line])
})

test('silence is broken by any packet', () => {
  expect(
    world([
      ['1s', { kind: 'expect-silence', for: '5s' }],
      ['2s', initiate],
    ]),
  ).toEqual(['0 failed: a packet of 120 bytes came'])
})

test('random datagrams of any size leave bob as he was', () => {
  const told = world([
    ['1s', { kind: 'random', to: BOB, count: 200, size: { min: 0, max: 3000 }, interval: '1ms' }],
    ['1s', { kind: 'expect-silence', for: '10s' }],
    ['20s', initiate],
    ['20s', expectResponse],
  ])
  expect(told.filter(each => !each.startsWith('bob'))).toEqual([
    '1 satisfied: nothing came',
    '3 satisfied: from 203.0.113.2:51820',
  ])
  expect(told.filter(each => each.startsWith('bob'))).toHaveLength(200)
})
