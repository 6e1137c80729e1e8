import fc from 'fast-check'
import { expect, test } from 'vitest'
import { nearest } from './nearest.ts'

test.each([
  ['delivred', ['lost', 'delivered', 'dropped'], 'delivered'],
  ['frm', ['to', 'from'], 'from'],
  ['Form', ['to', 'from'], 'from'],
  ['lnk', ['link', 'nat'], 'link'],
  ['x', ['at', 'to'], undefined],
  ['interval', ['count', 'size'], undefined],
  ['a', [], undefined],
])('%s among %j is %s', (word, known, meant) => expect(nearest(word, known)).toBe(meant))

test('one slip of the hand is always forgiven', () => {
  const word = fc.stringMatching(/^[a-z]{3,10}$/)
  const slip = fc.record({ at: fc.nat(9), kind: fc.constantFrom('drop', 'double', 'swap', 'other') })
  fc.assert(
    fc.property(word, slip, (right, { at, kind }) => {
      const i = at % right.length
      const [before, letter, after] = [right.slice(0, i), right.charAt(i), right.slice(i + 1)]
      const swapped = `${before}${after.charAt(0)}${letter}${after.slice(1)}`
      const wrong = {
        drop: before + after,
        double: before + letter + letter + after,
        swap: swapped,
        other: `${before}-${after}`,
      }
      expect(nearest(wrong[kind as 'drop'], [right])).toBe(right)
    }),
  )
})
