import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ReplayWindow } from './replay.ts'

/** Remembers everything for ever. */
class SetTwin {
  readonly #seen = new Set<bigint>()
  #highest = -1n

  accept(counter: bigint): boolean {
    if (this.#highest - counter > 8128 || this.#seen.has(counter)) return false
    this.#seen.add(counter)
    if (counter > this.#highest) this.#highest = counter
    return true
  }
}

/** Steps from the counter before: near, at the edges of words and of the window, far beyond it. */
const step = fc.oneof(
  fc.integer({ min: -40, max: 40 }),
  fc.integer({ min: -8300, max: 8300 }),
  fc.constantFrom(-8129, -8128, -8127, -8192, -8193, 8128, 8129, 8160, 8191, 8192, 8193, 31, 32, 33, 63, 64, 65),
  fc.integer({ min: 8192, max: 100_000 }),
)
const start = fc.constantFrom(
  0n,
  5n,
  2n ** 31n - 40n,
  2n ** 32n - 100n,
  2n ** 53n - 9000n,
  2n ** 53n - 5n,
  2n ** 64n - 200_000n,
)

describe('ReplayWindow', () => {
  it('is a set that forgets what is more than 8128 below the highest', () => {
    fc.assert(
      fc.property(start, fc.array(step, { maxLength: 300 }), fc.boolean(), (from, steps, asBigint) => {
        const window = new ReplayWindow()
        const twin = new SetTwin()
        let counter = from
        for (const by of [0, ...steps]) {
          counter += BigInt(by)
          if (counter < 0n) counter = 0n
          if (counter >= 2n ** 64n) counter = 2n ** 64n - 1n
          const given = asBigint || counter > Number.MAX_SAFE_INTEGER ? counter : Number(counter)
          expect(window.accept(given)).toBe(twin.accept(counter))
        }
      }),
      { numRuns: 300 },
    )
  })

  it.each([0n, 2n ** 53n - 4100n, 2n ** 60n])('accepts each of a full window behind %s once, in any order', base => {
    const window = new ReplayWindow()
    const highest = base + 8128n
    expect(window.accept(highest)).toBe(true)
    const stride = 3001n // coprime to 8129: visits every counter
    for (let i = 0n; i < 8129n; i++) {
      const counter = base + ((i * stride) % 8129n)
      expect(window.accept(counter)).toBe(counter !== highest)
    }
    for (let i = 0n; i < 8129n; i++) expect(window.accept(base + i)).toBe(false)
    if (base > 0n) expect(window.accept(base - 1n)).toBe(false)
  })

  it('takes 0 first, once', () => {
    const window = new ReplayWindow()
    expect([window.accept(0), window.accept(0), window.accept(1), window.accept(0n), window.accept(1n)]).toEqual([
      true,
      false,
      true,
      false,
      false,
    ])
  })

  it('goes over from numbers to bigint without losing what it saw', () => {
    const window = new ReplayWindow()
    const edge = Number.MAX_SAFE_INTEGER
    const counters = [edge - 2, edge - 1, edge, BigInt(edge) + 1n, BigInt(edge) + 2n]
    expect(counters.map(counter => window.accept(counter))).toEqual([true, true, true, true, true])
    expect(counters.map(counter => window.accept(counter))).toEqual([false, false, false, false, false])
    expect(window.accept(edge - 3)).toBe(true)
  })
})
