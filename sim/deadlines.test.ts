import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Instant, NEVER } from '../impl/box.ts'
import { Deadlines } from './deadlines.ts'

/** The oracle: sorts everything at every question. */
class SlowDeadlines {
  readonly slots: { boxClass: number; name: string; time: number }[] = []

  first(): number {
    const due = this.slots.flatMap((slot, id) => (slot.time === NEVER ? [] : [{ ...slot, id }]))
    due.sort(
      (a, b) =>
        a.time - b.time || a.boxClass - b.boxClass || (a.name < b.name ? -1 : a.name > b.name ? 1 : a.id - b.id),
    )
    return due[0]?.id ?? -1
  }
}

test('as the slow twin, whatever is added, set, moved and taken out', () => {
  const command = fc.oneof(
    fc.record({ do: fc.constant('add' as const), boxClass: fc.nat(3), name: fc.string({ maxLength: 3 }) }),
    fc.record({ do: fc.constant('set' as const), slot: fc.nat(), time: fc.oneof(fc.nat(5), fc.constant(NEVER)) }),
    fc.record({ do: fc.constant('fire' as const), time: fc.oneof(fc.nat(9), fc.constant(NEVER)) }),
  )
  fc.assert(
    fc.property(fc.array(command, { maxLength: 200 }), commands => {
      const fast = new Deadlines()
      const slow = new SlowDeadlines()
      const set = (slot: number, time: number): void => {
        const entry = slow.slots[slot]
        if (entry === undefined) return
        entry.time = time
        fast.set(slot, time as Instant)
      }
      for (const item of commands) {
        if (item.do === 'add') {
          expect(fast.add(item.boxClass, item.name)).toBe(slow.slots.length)
          slow.slots.push({ boxClass: item.boxClass, name: item.name, time: NEVER })
        } else if (item.do === 'set') set(item.slot % Math.max(1, slow.slots.length), item.time)
        else set(slow.first(), item.time)
        expect(fast.first()).toBe(slow.first())
      }
      const order: number[] = []
      for (let first = fast.first(); first >= 0; first = fast.first()) {
        order.push(first)
        expect(first).toBe(slow.first())
        set(first, NEVER)
      }
      expect(new Set(order).size).toBe(order.length)
    }),
  )
})

test('ties: class before name, name before the order of adding', () => {
  const deadlines = new Deadlines()
  const names = [
    [2, 'a'],
    [1, 'z'],
    [2, 'B'],
    [1, 'a'],
  ] as const
  for (const [boxClass, name] of names) deadlines.set(deadlines.add(boxClass, name), 7 as Instant)
  const order: number[] = []
  for (let first = deadlines.first(); first >= 0; first = deadlines.first()) {
    order.push(first)
    deadlines.set(first, NEVER)
  }
  expect(order.map(slot => names[slot]?.join(' '))).toEqual(['1 a', '1 z', '2 B', '2 a'])
})
