import fc from 'fast-check'
import { expect, test } from 'vitest'
import { checkPayload, readStamp, Seen, writePayload } from './payload.ts'

const u32 = fc.integer({ min: 0, max: 0xffffffff })

test('what is written is read, wherever it lies; one changed bit is seen', () => {
  fc.assert(
    fc.property(fc.nat(900), u32, u32, fc.nat(3), fc.nat(), (size, step, seq, place, where) => {
      const payload = new Uint8Array(size + 4).subarray(place, place + size)
      writePayload(payload, step, seq)
      expect(checkPayload(payload, step, seq)).toBe(true)
      expect(readStamp(payload)).toEqual(size < 8 ? undefined : { step, seq })
      if (size === 0) return
      const bit = where % (size * 8)
      payload[bit >>> 3] = payload[bit >>> 3]! ^ (1 << (bit & 7))
      expect(checkPayload(payload, step, seq)).toBe(false)
    }),
  )
})

test('numbers are seen once: against a set', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(2000)), numbers => {
      const seen = new Seen()
      const known = new Set<number>()
      for (const n of numbers) {
        expect(seen.add(n)).toBe(!known.has(n))
        known.add(n)
        expect(seen.count).toBe(known.size)
      }
    }),
  )
})
