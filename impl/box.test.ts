import { describe, expect, it } from 'vitest'
import { instant, later, NEVER, NS_PER_S } from './box.ts'

describe('instants', () => {
  it.each([0, 1, NS_PER_S, Number.MAX_SAFE_INTEGER])('%d is one', ns => expect(instant(ns)).toBe(ns))

  it.each([-1, 0.5, Number.MAX_SAFE_INTEGER + 1, Number.NaN, Number.POSITIVE_INFINITY])('%d is none', ns => {
    expect(() => instant(ns)).toThrow(`not an instant: ${ns} ns (an integer from 0 to 2^53 - 1, that is 104 days)`)
  })

  it('move, never stays never, and behind the end of time is never', () => {
    expect(later(instant(5), 7)).toBe(12)
    expect(later(NEVER, 7)).toBe(NEVER)
    expect(later(instant(NEVER - 2), 1)).toBe(NEVER - 1)
    expect([1, 2, NEVER].map(ns => later(instant(NEVER - 1), ns))).toEqual([NEVER, NEVER, NEVER])
  })

  it('do not move by a fraction, nor to before the start', () => {
    expect(() => later(instant(5), 0.5)).toThrow('not an instant: 5.5 ns')
    expect(() => later(instant(5), -6)).toThrow('not an instant: -1 ns')
  })
})
