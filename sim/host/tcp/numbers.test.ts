import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Congestion, congestionOf, Reno } from './congestion.ts'
import { cubeRoot } from './cuberoot.ts'
import { RoundTrip } from './roundtrip.ts'
import { placeOf, wireOf } from './sequence.ts'

const MS = 1_000_000

describe('the integer cube root', () => {
  const exact = (n: bigint): bigint => {
    let low = 0n
    let high = 1n << 20n
    while (low < high) {
      const middle = (low + high + 1n) >> 1n
      if (middle ** 3n <= n) low = middle
      else high = middle - 1n
    }
    return low
  }
  test('is that of BigInt', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), n => {
        expect(BigInt(cubeRoot(n))).toBe(exact(BigInt(n)))
      }),
      { numRuns: 1000 },
    )
  })
  test('around every cube', () => {
    for (let root = 1; root < 208_064; root += 97) {
      const cube = root ** 3
      expect([cubeRoot(cube - 1), cubeRoot(cube), cubeRoot(cube + 1)]).toEqual([root - 1, root, root])
    }
  })
  test('refuses what it can not do exactly', () => {
    for (const n of [-1, 0.5, Number.NaN, 2 ** 53]) expect(() => cubeRoot(n)).toThrow(RangeError)
  })
})

describe('places in a stream', () => {
  test('a number on the wire is the nearest place', () => {
    fc.assert(
      fc.property(
        fc.nat(2 ** 40),
        fc.nat(0xffff_ffff),
        fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
        (near, first, off) => {
          const place = near + off
          expect(placeOf(wireOf(place >= 0 ? place : place + 2 ** 32, first), first, near)).toBe(place)
        },
      ),
    )
  })
})

describe('the retransmission timeout (RFC 6298)', () => {
  const table: [string, number[], number][] = [
    ['nothing measured', [], 1000],
    ['one sample: R + max(200, 4 R/2)', [10], 210],
    ['a long one: 4 R/2 is more', [300], 900],
    ['steady: the variation shrinks', [100, 100, 100, 100, 100, 100], 300],
    ['a jump', [100, 400], 137.5 + 4 * 112.5],
    ['never more than 120 s', [90_000], 120_000],
  ]
  test.each(table)('%s', (_, samples, rto_ms) => {
    const trip = new RoundTrip()
    for (const sample of samples) trip.sample(sample * MS)
    expect(trip.rto_ns / MS).toBe(rto_ms)
  })
  test('doubles with each timeout, up to 120 s, and recovers', () => {
    const trip = new RoundTrip()
    trip.sample(50 * MS)
    const seen = Array.from({ length: 12 }, () => {
      const now = trip.rto_ns / MS
      trip.backOff()
      return now
    })
    expect(seen).toEqual([250, 500, 1000, 2000, 4000, 8000, 16_000, 32_000, 64_000, 120_000, 120_000, 120_000])
    trip.progressed()
    expect(trip.rto_ns / MS).toBe(250)
  })
  test('as the formulas of the RFC in exact arithmetic, to a nanosecond a step', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 2_000_000_000 }), { minLength: 1, maxLength: 50 }), samples => {
        const trip = new RoundTrip()
        let [smoothed, variation] = [0, 0]
        for (const [i, r] of samples.entries()) {
          trip.sample(r)
          if (i === 0) [smoothed, variation] = [r, r / 2]
          else {
            variation = 0.75 * variation + 0.25 * Math.abs(smoothed - r)
            smoothed = 0.875 * smoothed + 0.125 * r
          }
        }
        expect(Math.abs(trip.smoothed_ns - smoothed)).toBeLessThan(9)
        expect(Math.abs(trip.variation_ns - variation)).toBeLessThan(9)
      }),
    )
  })
})

/** RFC 5681 word by word: one segment after the other, in fractions of a segment. */
class Literal {
  window: number
  threshold = Number.MAX_SAFE_INTEGER
  #grown = 0

  constructor(window: number) {
    this.window = window
  }

  acknowledged(): void {
    if (this.window < this.threshold) {
      this.window++
      return
    }
    // One more when a whole window was acknowledged.
    if (++this.#grown < this.window) return
    this.#grown -= this.window
    this.window++
  }

  reduce(): void {
    this.threshold = Math.max(Math.floor(this.window / 2), 2)
    this.window = this.threshold
    this.#grown = 0
  }

  collapse(first: boolean): void {
    if (first) this.threshold = Math.max(Math.floor(this.window / 2), 2)
    this.window = 1
    this.#grown = 0
  }
}

describe('Reno', () => {
  const events = fc.array(
    fc.oneof(
      { weight: 20, arbitrary: fc.integer({ min: 1, max: 40 }) },
      { weight: 1, arbitrary: fc.constantFrom('reduce' as const, 'timeout' as const, 'again' as const) },
    ),
    { maxLength: 300 },
  )
  test('is the literal one, whatever comes', () => {
    fc.assert(
      fc.property(events, list => {
        const reno = new Reno(10)
        const literal = new Literal(10)
        for (const event of list) {
          if (event === 'reduce') {
            reno.reduce()
            literal.reduce()
          } else if (event === 'timeout' || event === 'again') {
            reno.collapse(0, event === 'timeout')
            literal.collapse(event === 'timeout')
          } else {
            reno.acknowledged(0, event)
            for (let i = 0; i < event; i++) literal.acknowledged()
          }
          expect(reno.window).toBe(literal.window)
        }
      }),
    )
  })
})

describe('CUBIC (RFC 9438)', () => {
  /** A window's worth of acknowledgements every round trip. */
  const rounds = (congestion: Congestion, rtt_ms: number, times: number, from_ms = 0): number[] =>
    Array.from({ length: times }, (_, i) => {
      const window = congestion.window
      for (let n = 0; n < window; n++) congestion.acknowledged((from_ms + i * rtt_ms) * MS, 1, rtt_ms * MS)
      return congestion.window
    })

  test('grows along C (t − K)³ + W_max, computed with fractions', () => {
    for (const [start, rtt] of [
      [400, 200],
      [1000, 100],
      [5000, 300],
    ] as const) {
      const cubic = congestionOf('cubic', start)
      cubic.reduce(0)
      expect(cubic.window).toBe(Math.floor(start * 0.7))
      const steps = 150
      const seen = rounds(cubic, rtt, steps)
      const wait = Math.cbrt((start * 0.3) / 0.4)
      for (const [i, window] of seen.entries()) {
        const t = ((i + 1) * rtt) / 1000
        const exact = 0.4 * (t - wait) ** 3 + start
        // It follows its target a round trip behind, and may grow by half of itself in one.
        const before = 0.4 * (t - rtt / 1000 - wait) ** 3 + start
        expect(window).toBeGreaterThan(Math.min(before, exact) * 0.97 - 2)
        expect(window).toBeLessThan(Math.max(before, exact) * 1.03 + 2)
      }
    }
  })

  test('on a short path it is as fast as Reno after its own reduction', () => {
    const cubic = congestionOf('cubic', 20)
    cubic.reduce(0)
    // 3 (1 − 0.7) / (1 + 0.7) a round trip until 20, then one.
    const seen = rounds(cubic, 5, 12)
    expect(seen[11]).toBe(14 + Math.floor((12 * 9) / 17))
  })

  test('a second loss before it was back leaves room for others', () => {
    const cubic = congestionOf('cubic', 1000)
    cubic.reduce(0)
    const before = cubic.window
    cubic.reduce(0)
    expect(cubic.window).toBe(Math.floor((before * 7) / 10))
    // The plateau is now (1 + β) / 2 of what it had: and the window is there K later.
    const seen = rounds(cubic, 100, 100)
    const plateau = 700 * 0.85
    const wait = Math.cbrt((plateau - 490) / 0.4)
    expect(seen[Math.floor(wait * 10) - 1]).toBeGreaterThan(plateau - 6)
    expect(seen[Math.floor(wait * 10) - 1]).toBeLessThan(plateau + 6)
  })
})
