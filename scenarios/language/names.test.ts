import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Names } from './names.ts'

test('numbers in the order of first use, whatever was asked in between: against a map', () => {
  const text = fc.oneof(
    fc.string({ maxLength: 4 }),
    fc.nat(2000).map(n => `host${n}:internet`),
  )
  fc.assert(
    fc.property(fc.array(text, { maxLength: 600, size: 'max' }), texts => {
      const names = new Names()
      const known = new Map<string, number>()
      for (const each of texts) {
        expect(names.find(each)).toBe(known.get(each) ?? -1)
        if (known.has(each)) continue
        known.set(each, known.size)
        expect(names.add(each)).toBe(known.get(each))
        expect(names.find(each)).toBe(known.get(each))
      }
      for (const [each, number] of known) expect(names.find(each)).toBe(number)
    }),
  )
})
