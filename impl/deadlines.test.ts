import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Instant, instant, NEVER } from './box.ts'
import { Deadlines, type Scheduled } from './deadlines.ts'

class Sleeper implements Scheduled {
  readonly order: number
  at: Instant = NEVER
  place = -1
  stands: Instant = NEVER

  constructor(order: number) {
    this.order = order
  }

  earliest(): Instant {
    return this.at
  }
}

describe('deadlines', () => {
  it('has nobody to wake when it is empty', () => {
    const deadlines = new Deadlines<Sleeper>()
    expect(deadlines.next()).toBe(NEVER)
    expect(deadlines.due(instant(5))).toBeUndefined()
    deadlines.remove(new Sleeper(0))
    expect(deadlines.size).toBe(0)
  })

  it('is always the earliest, in the order of age at one instant, whatever moves (against a list)', () => {
    const step = fc.record({
      who: fc.nat(9),
      what: fc.constantFrom('set' as const, 'later' as const, 'idle' as const, 'remove' as const, 'pop' as const),
      at: fc.nat(20),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), steps => {
        const sleepers = Array.from({ length: 10 }, (_, order) => new Sleeper(order))
        const deadlines = new Deadlines<Sleeper>()
        const first = () =>
          sleepers.filter(({ at }) => at !== NEVER).sort((a, b) => a.at - b.at || a.order - b.order)[0]
        for (const { who, what, at } of steps) {
          const sleeper = sleepers[who]!
          if (what === 'set') {
            sleeper.at = instant(at)
            deadlines.wake(sleeper, sleeper.at)
          } else if (what === 'later' && sleeper.at !== NEVER) {
            // Moving away needs no word.
            sleeper.at = instant(sleeper.at + at)
          } else if (what === 'idle') {
            sleeper.at = NEVER
          } else if (what === 'remove') {
            sleeper.at = NEVER
            deadlines.remove(sleeper)
          } else if (what === 'pop') {
            const due = deadlines.due(instant(at))
            const expected = first()
            expect(due).toBe(expected !== undefined && expected.at <= at ? expected : undefined)
            if (due !== undefined) due.at = NEVER
          }
          expect(deadlines.next()).toBe(first()?.at ?? NEVER)
          expect(deadlines.due((NEVER - 1) as Instant)).toBe(first())
        }
      }),
    )
  })
})
