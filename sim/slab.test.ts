import fc from 'fast-check'
import { expect, test } from 'vitest'
import { allocate, copyOf } from './slab.ts'

test('every array is zeros, aligned, and apart from every other', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.nat(100), fc.nat(5000), fc.nat(70_000)), { maxLength: 60 }), lengths => {
      const arrays = lengths.map((length, i) => {
        const bytes = allocate(length)
        expect(bytes.length).toBe(length)
        expect(bytes.byteOffset % 8).toBe(0)
        expect(bytes.every(byte => byte === 0)).toBe(true)
        return bytes.fill(i + 1)
      })
      for (const [i, bytes] of arrays.entries()) expect(bytes.every(byte => byte === ((i + 1) & 0xff))).toBe(true)
    }),
    { numRuns: 50 },
  )
})

test('a copy has the bytes of the original and does not follow it', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 6000 }), fc.nat(), (bytes, cut) => {
      const length = cut % (bytes.length + 1)
      const before = bytes.slice(0, length)
      const copy = copyOf(bytes, length)
      bytes.fill(0xaa)
      expect(copy).toEqual(before)
    }),
  )
})
