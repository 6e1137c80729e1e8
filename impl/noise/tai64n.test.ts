import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isAfter, tai64n } from './tai64n.ts'

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const wall = fc.record({ sec: fc.integer({ min: -(2 ** 40), max: 2 ** 40 }), nsec: fc.nat(999_999_999) })

describe('tai64n', () => {
  it.each([
    ['1970', 0, 0, '400000000000000a00000000'],
    ['a second before 1970', -1, 0, '400000000000000900000000'],
    ['eleven seconds before: below 2^62', -11, 0, '3fffffffffffffff00000000'],
    ['the last nanosecond before a step', 0, 2 ** 24 - 1, '400000000000000a00000000'],
    ['the step', 0, 2 ** 24, '400000000000000a01000000'],
    ['the last step of a second', 0, 999_999_999, '400000000000000a3b000000'],
    ['beyond 2038', 2 ** 31, 500_000_000, '400000008000000a1d000000'],
    ['beyond 2106', 2 ** 32, 0, '400000010000000a00000000'],
  ])('writes %s', (_title, sec, nsec, expected) => {
    expect(hex(tai64n({ sec, nsec }))).toBe(expected)
  })

  it('keeps the order of time, and tells apart what is a step apart', () => {
    fc.assert(
      fc.property(wall, wall, (a, b) => {
        const step = (time: { nsec: number }): number => Math.floor(time.nsec / 2 ** 24)
        const later = a.sec > b.sec || (a.sec === b.sec && step(a) > step(b))
        expect(isAfter(tai64n(a), tai64n(b))).toBe(later)
      }),
    )
  })

  it.each([
    [{ sec: 1.5, nsec: 0 }, 'wall time: 1.5 s is not a whole number'],
    [{ sec: Number.NaN, nsec: 0 }, 'wall time: NaN s is not a whole number'],
    [{ sec: 0, nsec: -1 }, 'wall time: -1 ns (a whole number from 0 to 999999999)'],
    [{ sec: 0, nsec: 1e9 }, 'wall time: 1000000000 ns (a whole number from 0 to 999999999)'],
    [{ sec: 0, nsec: 0.5 }, 'wall time: 0.5 ns (a whole number from 0 to 999999999)'],
  ])('refuses %o', (impossible, sentence) => {
    expect(() => tai64n(impossible)).toThrow(new RangeError(sentence))
  })
})

describe('isAfter', () => {
  it('compares 12 bytes as one big-endian number, strictly', () => {
    const stamp = fc.uint8Array({ minLength: 12, maxLength: 12 })
    const number = (bytes: Uint8Array): bigint => BigInt(`0x${hex(bytes)}`)
    fc.assert(
      fc.property(stamp, stamp, fc.nat(11), fc.nat(255), (a, b, at, value) => {
        expect(isAfter(a, b)).toBe(number(a) > number(b))
        const near = Uint8Array.from(a)
        near[at] = value
        expect(isAfter(near, a)).toBe(number(near) > number(a))
        expect(isAfter(a, a)).toBe(false)
      }),
    )
  })
})
