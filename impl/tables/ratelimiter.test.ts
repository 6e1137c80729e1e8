import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Instant, instant, NS_PER_MS, NS_PER_S } from '../box.ts'
import { RateLimiter } from './ratelimiter.ts'

/** The bucket in exact arithmetic, for one source, forgetting nothing: 20 tokens a second, 5 at most, one a message. */
class ExactTwin {
  #tokens_ns = 5n * 50_000_000n
  #last = 0n

  allow(now: bigint): boolean {
    const grown = this.#tokens_ns + (now - this.#last)
    this.#tokens_ns = grown > 250_000_000n ? 250_000_000n : grown
    this.#last = now
    if (this.#tokens_ns < 50_000_000n) return false
    this.#tokens_ns -= 50_000_000n
    return true
  }
}

const v4 = (n: number): Uint8Array => Uint8Array.of(10, n >>> 16, (n >>> 8) & 255, n & 255)
const at_ms = (ms: number): Instant => instant(ms * NS_PER_MS)

describe('RateLimiter', () => {
  it('is the exact bucket for every source, though it forgets the silent ones', () => {
    const gap = fc.oneof(
      fc.constantFrom(0, 1, 49_999_999, 50_000_000, 50_000_001, 250_000_000, NS_PER_S, NS_PER_S + 1),
      fc.nat(60_000_000),
      fc.nat(3 * NS_PER_S),
    )
    fc.assert(
      fc.property(fc.array(fc.tuple(gap, fc.nat(3)), { maxLength: 200 }), calls => {
        const limiter = new RateLimiter()
        const twins = [0, 1, 2, 3].map(() => new ExactTwin())
        let now = 0
        for (const [wait, source] of calls) {
          now += wait
          expect(limiter.allow(instant(now), v4(source))).toBe(twins[source]?.allow(BigInt(now)))
        }
      }),
      { numRuns: 300 },
    )
  })

  it('lets 5 through at once, and then one every 50 ms', () => {
    const limiter = new RateLimiter()
    const burst = Array.from({ length: 7 }, () => limiter.allow(at_ms(1000), v4(1)))
    expect(burst).toEqual([true, true, true, true, true, false, false])
    expect([1049, 1050, 1099, 1100].map(ms => limiter.allow(at_ms(ms), v4(1)))).toEqual([false, true, false, true])
  })

  it('counts an IPv4 address for itself, and an IPv6 /64 as one', () => {
    const limiter = new RateLimiter()
    const v6 = (site: number, host: number): Uint8Array =>
      Uint8Array.from({ length: 16 }, (_, i) => (i === 7 ? site : i === 15 ? host : 0xfd))
    for (let host = 0; host < 5; host++) expect(limiter.allow(at_ms(0), v6(1, host))).toBe(true)
    expect(limiter.allow(at_ms(0), v6(1, 99))).toBe(false)
    expect(limiter.allow(at_ms(0), v6(2, 0))).toBe(true)
    for (let host = 0; host < 9; host++) expect(limiter.allow(at_ms(0), v4(host))).toBe(true)
    expect(limiter.size).toBe(11)
  })

  it('forgets what was silent for over a second, a little with every call', () => {
    const limiter = new RateLimiter()
    for (let n = 0; n < 1000; n++) limiter.allow(at_ms(0), v4(n))
    expect(limiter.size).toBe(1000)
    limiter.allow(at_ms(1000), v4(5000))
    expect(limiter.size).toBe(1001)
    for (let n = 0; n < 500; n++) limiter.allow(at_ms(1001), v4(5000))
    expect(limiter.size).toBe(1)
  })

  it('refuses a new source when 65536 are remembered, and takes it when one of them fell silent', () => {
    const limiter = new RateLimiter()
    for (let n = 0; n < 65_536; n++) limiter.allow(at_ms(0), v4(n))
    expect(limiter.allow(at_ms(0), v4(70_000))).toBe(false)
    expect(limiter.allow(at_ms(0), v4(3))).toBe(true)
    expect(limiter.size).toBe(65_536)
    expect(limiter.allow(at_ms(1001), v4(70_000))).toBe(true)
  })

  it.each([0, 5, 17])('refuses an address of %d bytes', length => {
    const limiter = new RateLimiter()
    expect(limiter.allow(at_ms(0), new Uint8Array(length))).toBe(false)
    expect(limiter.size).toBe(0)
  })
})
