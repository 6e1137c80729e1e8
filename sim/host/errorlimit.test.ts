import fc from 'fast-check'
import { expect, test } from 'vitest'
import { instant, NS_PER_S } from '../../impl/box.ts'
import { ErrorLimit } from './errorlimit.ts'

const address = (n: number) => Uint8Array.of(10, 0, n >>> 8, n & 255)
const MS = NS_PER_S / 1000

test('one address: six in a row, then one a second', () => {
  const limit = new ErrorLimit()
  const told = (ms: number, times: number) =>
    Array.from({ length: times }, () => limit.allow(instant(ms * MS), address(1))).filter(Boolean).length
  expect([told(0, 9), told(999, 3), told(1000, 3), told(5000, 9), told(60_000, 9)]).toEqual([6, 0, 1, 4, 6])
})

test('everybody: fifty in a row, then as many as a thousand a second earn, counted every 20 ms', () => {
  const limit = new ErrorLimit()
  let next = 0
  const told = (ms: number) =>
    Array.from({ length: 200 }, () => limit.allow(instant(ms * MS), address(next++))).filter(Boolean).length
  expect([told(1000), told(1019), told(1020), told(1050), told(9000)]).toEqual([50, 0, 20, 30, 50])
})

test('never more than the two limits promise, whatever comes when', () => {
  const arrivals = fc.array(fc.tuple(fc.nat(50), fc.nat(3)), { maxLength: 400 })
  fc.assert(
    fc.property(arrivals, given => {
      const limit = new ErrorLimit()
      const told = new Map<number, number>()
      let ms = 0
      for (const [pause, who] of given) {
        ms += pause
        if (limit.allow(instant(ms * MS), address(who))) told.set(who, (told.get(who) ?? 0) + 1)
      }
      for (const count of told.values()) expect(count).toBeLessThanOrEqual(6 + ms / 1000)
      const all = [...told.values()].reduce((sum, count) => sum + count, 0)
      expect(all).toBeLessThanOrEqual(50 + ms)
    }),
  )
})
