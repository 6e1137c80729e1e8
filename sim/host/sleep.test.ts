import fc from 'fast-check'
import { expect, test } from 'vitest'
import { instant, NEVER } from '../../impl/box.ts'
import { Sleep } from './sleep.ts'

test('a clock that stands still in sleep, there and back: against a list of all its instants', () => {
  const nap = fc.record({ awake: fc.integer({ min: 1, max: 20 }), asleep: fc.nat(20) })
  fc.assert(
    fc.property(fc.array(nap, { maxLength: 6 }), naps => {
      const sleep = new Sleep()
      /** What the clock shows at each instant of the world; a nap is known when it is over. */
      const shown: number[] = [0]
      for (const { awake, asleep } of naps) {
        for (let i = 0; i < awake; i++) shown.push((shown.at(-1) ?? 0) + 1)
        for (let i = 0; i < asleep; i++) shown.push(shown.at(-1) ?? 0)
        sleep.add(instant(shown.length - 1), asleep)
        expect(sleep.inside(instant(shown.length - 1))).toBe(shown.at(-1))
      }
      for (let at = 0; at <= (shown.at(-1) ?? 0); at++) expect(sleep.outside(instant(at))).toBe(shown.indexOf(at))
      const future = shown.length + 5
      expect(sleep.outside(sleep.inside(instant(future)))).toBe(future)
      expect(sleep.outside(NEVER)).toBe(NEVER)
    }),
  )
})
