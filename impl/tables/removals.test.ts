import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Removals } from './removals.ts'

describe('removals', () => {
  it('are counted for each name', () => {
    const removals = new Removals()
    for (const name of ['a', 'b', 'a']) removals.add(name)
    expect(['a', 'b', 'c'].map(name => removals.of(name))).toEqual([2, 1, 0])
    expect(removals.size).toBe(2)
  })

  it('do not fill the memory', () => {
    const removals = new Removals()
    for (let n = 0; n < 10_000; n++) removals.add(`${n}`)
    expect(removals.size).toBe(4096)
    expect(removals.of('9999')).toBeGreaterThan(0)
  })

  it('never give a name a number again that it had, forgotten or not', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(3), { maxLength: 12 }), fc.nat(2), (names, watched) => {
        const removals = new Removals()
        const had = new Set([removals.of(`${watched}`)])
        for (const name of names) {
          if (name === 3) for (let n = 0; n < 4096; n++) removals.add(`filler ${n}`)
          else removals.add(`${name}`)
          if (name !== watched) continue
          const now = removals.of(`${watched}`)
          expect(had.has(now)).toBe(false)
          had.add(now)
        }
      }),
      { numRuns: 60 },
    )
  })
})
