import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { onesSum } from '../../ip/checksum.ts'
import { createSpace, fold16, plainSpace } from './space.ts'

const ROOM = 1 << 18
const spaces = [
  ['with SIMD', createSpace(ROOM)],
  ['with loops', plainSpace(new ArrayBuffer(ROOM))],
] as const

const content = fc.uint8Array({ maxLength: 3000, size: 'max' })

describe.each(spaces)('a space %s', (_, space) => {
  it('copies exactly, wherever from and to, and adds up as impl/ip does', () => {
    fc.assert(
      fc.property(content, fc.nat(40), fc.nat(40), (bytes, from, distance) => {
        const to = 8000 + distance
        space.bytes.fill(0xee, to - 20, to + bytes.length + 20)
        space.bytes.set(bytes, from)
        const sum = space.copySum(to, from, bytes.length)
        expect(congruent(sum, onesSum(bytes))).toBe(true)
        expect(hex(space.bytes.slice(from, from + bytes.length))).toBe(hex(bytes))
        const around = space.bytes.slice(to - 20, to + bytes.length + 20)
        expect(hex(around)).toBe('ee'.repeat(20) + hex(bytes) + 'ee'.repeat(20))
      }),
    )
  })

  it('adds up in place', () => {
    fc.assert(
      fc.property(content, fc.nat(40), (bytes, from) => {
        space.bytes.set(bytes, from)
        expect(congruent(space.copySum(from, from, bytes.length), onesSum(bytes))).toBe(true)
        expect(hex(space.bytes.slice(from, from + bytes.length))).toBe(hex(bytes))
      }),
    )
  })

  it('takes the longest packet of the largest bytes', () => {
    space.bytes.fill(0xff, 0, 65_600)
    expect(space.copySum(65_600, 0, 65_600)).toBe(0xffff)
    space.bytes.fill(0, 0, 65_600)
    expect(space.copySum(65_600, 0, 65_600)).toBe(0)
  })
})

describe('fold16', () => {
  it('keeps a sum what it is in one\u2019s complement, up to 2^47', () => {
    fc.assert(
      fc.property(fc.nat(2 ** 31), fc.nat(2 ** 16 - 1), (high, low) => {
        const sum = high * 65536 + low
        const folded = fold16(sum)
        expect(folded).toBeLessThanOrEqual(0xffff)
        expect(congruent(folded, sum)).toBe(true)
        expect(folded === 0).toBe(sum === 0)
      }),
    )
  })
})

/** Both zeros of one\u2019s complement say the same. */
const congruent = (a: number, b: number): boolean => a % 0xffff === b % 0xffff

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
