import fc from 'fast-check'
import { expect, test } from 'vitest'
import { instant } from '../../impl/box.ts'
import { wallSpan } from '../../scenarios/language/quantity.ts'
import { WallClock } from './clock.ts'

const EPOCH = { sec: 1_767_225_600, nsec: 0 }
const DAY = 86_400_000_000_000

test('offset, drift and jumps, exactly: against arithmetic with whole numbers of any size', () => {
  const act = fc.record({
    after_ns: fc.integer({ min: 0, max: 10 * DAY }),
    jump_ns: fc.option(fc.integer({ min: -DAY * 100, max: DAY * 100 }), { nil: undefined }),
    drift_ppm: fc.option(fc.integer({ min: -100_000, max: 100_000 }), { nil: undefined }),
  })
  fc.assert(
    fc.property(
      fc.integer({ min: -DAY, max: DAY }),
      fc.integer({ min: -100_000, max: 100_000 }),
      fc.array(act, { maxLength: 8 }),
      (offset, first, acts) => {
        const clock = new WallClock(EPOCH, wallSpan(`${offset}ns`), first)
        let base = BigInt(EPOCH.sec) * 1_000_000_000n + BigInt(offset)
        let since = 0n
        let ppm = BigInt(first)
        let now = 0
        const exact = (): bigint => {
          const elapsed = BigInt(now) - since
          const product = elapsed * ppm
          const floor = product >= 0n ? product / 1_000_000n : -((-product + 999_999n) / 1_000_000n)
          return base + elapsed + floor
        }
        for (const { after_ns, jump_ns, drift_ppm } of acts) {
          now += after_ns
          if (jump_ns !== undefined) {
            base = exact() + BigInt(jump_ns)
            since = BigInt(now)
            clock.jump(instant(now), wallSpan(`${jump_ns}ns`))
          }
          if (drift_ppm !== undefined) {
            base = exact()
            since = BigInt(now)
            ppm = BigInt(drift_ppm)
            clock.setDrift(instant(now), drift_ppm)
          }
          const { sec, nsec } = clock.at(instant(now))
          expect(nsec).toBeGreaterThanOrEqual(0)
          expect(nsec).toBeLessThan(1_000_000_000)
          expect(BigInt(sec) * 1_000_000_000n + BigInt(nsec)).toBe(exact())
        }
      },
    ),
  )
})

test('a clock may be wrong by more than any run is long', () => {
  const clock = new WallClock(EPOCH, wallSpan('-3650d'), 0)
  expect(clock.at(instant(1))).toEqual({ sec: EPOCH.sec - 3650 * 86_400, nsec: 1 })
  clock.jump(instant(2), wallSpan('-40000.5s'))
  expect(clock.at(instant(2))).toEqual({ sec: EPOCH.sec - 3650 * 86_400 - 40_001, nsec: 500_000_002 })
})

const nanoseconds = ({ sec, nsec }: { sec: number; nsec: number }): bigint =>
  BigInt(sec) * 1_000_000_000n + BigInt(nsec)
const truth = (at: number): bigint => BigInt(EPOCH.sec) * 1_000_000_000n + BigInt(at)
const S = 1_000_000_000

test('a boot: with a battery it ran on, without one it is 1970, and a saved time is what it was', () => {
  const table = (['battery', 'none', 'saved'] as const).map(rtc => {
    const clock = new WallClock(EPOCH, wallSpan('5s'), 0, rtc)
    clock.boot(instant(0))
    const first = clock.at(instant(100 * S)).sec
    clock.off(instant(100 * S))
    clock.boot(instant(400 * S))
    return [rtc, first, clock.at(instant(401 * S)).sec]
  })
  expect(table).toEqual([
    ['battery', EPOCH.sec + 105, EPOCH.sec + 406],
    ['none', 100, 1],
    ['saved', EPOCH.sec + 105, EPOCH.sec + 106],
  ])
})

test('a time service: at once, or by 500 ppm until it is right to the nanosecond, and from then on', () => {
  const error = fc.integer({ min: -1_000_000_000, max: 1_000_000_000 })
  fc.assert(
    fc.property(error, fc.integer({ min: -500, max: 500 }), fc.nat(DAY), (wrong, ppm, after) => {
      const clock = new WallClock(EPOCH, wallSpan(`${wrong}ns`), ppm)
      const start = instant(after)
      const behind = truth(after) - nanoseconds(clock.at(start))
      clock.sync(start, 'slew')
      expect(nanoseconds(clock.at(start))).toBe(truth(after) - behind)
      const size = Number(behind < 0n ? -behind : behind)
      for (const part of [0.1, 0.5, 0.999]) {
        const at = after + Math.floor(size * 2000 * part)
        const left = truth(at) - nanoseconds(clock.at(instant(at)))
        // 500 ns in a millisecond, rounded down to whole nanoseconds.
        const expected = behind - (behind < 0n ? -1n : 1n) * (BigInt(at - after) / 2000n)
        expect([0n, 1n]).toContain(left < expected ? expected - left : left - expected)
      }
      for (const more of [0, 1, DAY]) {
        const at = after + size * 2000 + more
        expect(nanoseconds(clock.at(instant(at)))).toBe(truth(at))
      }
      const stepped = new WallClock(EPOCH, wallSpan(`${wrong}ns`), ppm)
      stepped.sync(start, 'step')
      for (const at of [after, after + DAY]) expect(nanoseconds(stepped.at(instant(at)))).toBe(truth(at))
      stepped.jump(start, wallSpan('1s'))
      expect(nanoseconds(stepped.at(instant(after + DAY)))).toBe(truth(after + DAY) + 1_000_000_000n)
    }),
  )
})

test('from 1970 slewing gets nowhere in a run', () => {
  const clock = new WallClock(EPOCH, wallSpan('0s'), 0, 'none')
  clock.boot(instant(0))
  clock.sync(instant(0), 'slew')
  expect(clock.at(instant(100 * DAY)).sec).toBe(100 * 86_400 + 4320)
})
