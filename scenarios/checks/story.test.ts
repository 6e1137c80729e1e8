import { expect, test } from 'vitest'
import { icmp } from '../decode/testing.ts'
import type { Row } from '../language/trace.ts'
import { createStory, rowText, timeText } from './story.ts'
import { drop, hop, MS, message, ref, S, state, step } from './testing.ts'

const A = '192.0.2.1'
const B = '203.0.113.2'
const ping = icmp('10.0.0.1', '10.0.0.2', 8, 0, [0, 1, 0, 7])
const rows: readonly Row[] = [
  step(S, 'hello', 'sent', { seq: 7, packet: ref('alice/12') }),
  hop(S, 'alice:wg0', 'out', 'alice/12', { layer: 'inner', bytes: ping }),
  message(20_040 * MS, 'alice:internet', 'alice/13', { kind: 'initiation', from: A, to: B }),
  message(20_050_001, 'bob:internet', 'alice/13', { kind: 'initiation', from: A, to: B, dir: 'in', copy: 2 }),
  hop(20 * S + 1, 'cloud', 'in', 'alice/13', { cause: ref('alice/12') }),
  drop(21 * S, 'bob:wg0', 'alice/13', 'old-timestamp', { detail: 'peer alice' }),
  {
    kind: 'timer',
    t: S,
    host: 'alice',
    peer: 'bob',
    timer: 'new-handshake',
    what: 'set',
    due: 16 * S,
    reason: 'data was sent',
  },
  {
    kind: 'timer',
    t: S,
    host: 'alice',
    peer: 'bob',
    timer: 'new-handshake',
    what: 'fired',
    due: S,
    reason: 'no answer',
  },
  { kind: 'key', t: S, host: 'alice', peer: 'bob', what: 'derived', role: 'initiator' },
  state(30 * S, { latest_handshake: 20 * S, rx_bytes: 92, tx_bytes: 148 }),
  { kind: 'clock', t: S, host: 'alice', wall_sec: -5, wall_nsec: 1, what: 'jumped' },
  step(S, 'hello', 'done', { detail: '6 of 7 answered' }),
  { kind: 'note', t: S, at: 'nat', level: 'warning', text: 'the table is full' },
]

test('one line a row', () => {
  expect(rows.map(rowText)).toEqual([
    '       1.000 s  alice             step   "hello" sent 7 (alice/12)',
    '       1.000 s  alice:wg0         out    ping request 7 → 10.0.0.2 (alice/12)',
    '      20.040 s  alice:internet    out    initiation 148 B → 203.0.113.2:51820 (alice/13)',
    ' 0.020050001 s  bob:internet      in     initiation 148 B ← 192.0.2.1:51820 (alice/13, copy 2)',
    '20.000000001 s  cloud             in     100 B (alice/13) because of alice/12',
    '      21.000 s  bob:wg0           drop   old-timestamp (alice/13): peer alice',
    '       1.000 s  alice             timer  new-handshake set for 16.000 s: data was sent (peer bob)',
    '       1.000 s  alice             timer  new-handshake fired: no answer (peer bob)',
    '       1.000 s  alice             key    derived (peer bob, initiator)',
    '      30.000 s  alice             state  wg0 peer bob: endpoint 203.0.113.2:51820, handshake at 20.000 s, rx 92 B, tx 148 B',
    '       1.000 s  alice             clock  jumped: now -5.000000001',
    '       1.000 s  alice             step   "hello" done: 6 of 7 answered',
    '       1.000 s  nat               note   warning: the table is full',
  ])
})

test.each([
  [0, '0.000 s'],
  [1_500_000_000, '1.500 s'],
  [1_000_001_000, '1.000001 s'],
  [9_007_199_254_740_991, '9007199.254740991 s'],
])('%d ns is %s', (ns, text) => expect(timeText(ns)).toBe(text))

test('around a moment: the packets asked for first, then what is nearest, in the order of the run', () => {
  const story = createStory()
  for (let i = 0; i < 100; i++) {
    story.sink.row(step(i * S, 'tick', 'sent', { seq: i, packet: ref(`alice/${i}`) }))
    story.sink.row(hop(i * S, 'cloud', 'in', `alice/${i}`))
  }
  const line = (n: number) => rowText(step(n * S, 'tick', 'sent', { seq: n, packet: ref(`alice/${n}`) }))
  expect(story.around(50 * S, ['alice/3'], 4)).toEqual([3, 49, 50, 51].map(line))
  expect(story.around(undefined, [], 2)).toEqual([98, 99].map(line))
  expect(createStory().around(S, [])).toEqual([])
})

test('the first and the last of a long run are kept, the telling rows apart from the traffic', () => {
  const story = createStory()
  story.sink.row(drop(0, 'nat', 'alice/0', 'link-loss'))
  const size = 10_000
  for (let i = 1; i < size; i++) story.sink.row(step(i * S, 'tick', 'sent', { seq: i }))
  expect(story.around(0, [], 2)).toEqual([
    rowText(drop(0, 'nat', 'alice/0', 'link-loss')),
    rowText(step(S, 'tick', 'sent', { seq: 1 })),
  ])
  expect(story.around(undefined, [], 1)).toEqual([rowText(step((size - 1) * S, 'tick', 'sent', { seq: size - 1 }))])
  expect(story.around(5000 * S, [], 1)).toEqual([rowText(step(1024 * S, 'tick', 'sent', { seq: 1024 }))])
})
