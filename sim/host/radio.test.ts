import fc from 'fast-check'
import { expect, test } from 'vitest'
import { instant, NEVER } from '../../impl/box.ts'
import { Radio } from './radio.ts'

const MS = 1_000_000
const packet = (n: number) => ({ id: { box: 'x', n }, copy: 0, bytes: new Uint8Array(0) })

test('a radio that dozes hears at the next beacon, what it sends wakes it, and what does not fit is lost', () => {
  const radio = new Radio({ beacon: '100ms', awake: '30ms', buffer: 2 })
  const at = (ms: number) => instant(ms * MS)
  expect(radio.due(at(0))).toBe(NEVER)
  expect([radio.arrive(at(5), packet(1)), radio.arrive(at(6), packet(2)), radio.arrive(at(7), packet(3))]).toEqual([
    'later',
    'later',
    'lost',
  ])
  expect(radio.due(at(7))).toBe(at(100))
  expect(radio.take(at(100)).map(({ id }) => id.n)).toEqual([1, 2])
  expect(radio.arrive(at(129), packet(4))).toBe('now')
  expect(radio.arrive(at(158), packet(5))).toBe('now')
  expect(radio.arrive(at(188), packet(6))).toBe('later')
  radio.used(at(190))
  expect(radio.due(at(190))).toBe(at(190))
  expect(radio.take(at(190)).map(({ id }) => id.n)).toEqual([6])
  expect(radio.arrive(at(219), packet(7))).toBe('now')
})

test('whatever happens when: every packet is heard once and in order or lost, and at the latest at the next beacon', () => {
  const act = fc.record({ pause: fc.nat(40), what: fc.constantFrom('hear', 'hear', 'send') })
  fc.assert(
    fc.property(
      fc.array(act, { maxLength: 60 }),
      fc.integer({ min: 10, max: 120 }),
      fc.nat(5),
      (acts, beacon, buffer) => {
        const radio = new Radio({ beacon: `${beacon}ms`, awake: '15ms', buffer })
        const came = new Map<number, number>()
        const heard: number[] = []
        let now = 0
        const settle = (until: number): void => {
          for (let due = radio.due(instant(now * MS)); due <= until * MS; due = radio.due(instant(now * MS))) {
            now = due / MS
            for (const { id } of radio.take(due)) {
              heard.push(id.n)
              expect(now - (came.get(id.n) ?? Number.NaN)).toBeLessThanOrEqual(beacon)
            }
          }
          now = until
        }
        let lost = 0
        for (const [n, { pause, what }] of acts.entries()) {
          settle(now + pause)
          if (what === 'send') radio.used(instant(now * MS))
          else {
            came.set(n, now)
            const how = radio.arrive(instant(now * MS), packet(n))
            if (how === 'now') heard.push(n)
            if (how === 'lost') lost++
          }
        }
        settle(now + beacon)
        expect(radio.kept()).toEqual([])
        expect(heard).toEqual([...heard].sort((a, b) => a - b))
        expect(new Set(heard).size).toBe(heard.length)
        expect(heard.length + lost).toBe(came.size)
      },
    ),
  )
})
