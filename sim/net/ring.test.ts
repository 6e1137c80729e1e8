import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Ring } from './ring.ts'

test('first in, first out, and the newest taken back: against an array', () => {
  const step = fc.oneof(
    { weight: 3, arbitrary: fc.record({ do: fc.constant('push' as const), times: fc.integer({ min: 1, max: 9 }) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('shift' as const), times: fc.integer({ min: 1, max: 9 }) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('pop' as const), times: fc.integer({ min: 1, max: 3 }) }) },
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), steps => {
      const ring = new Ring<number>()
      const queue: number[] = []
      let next = 0
      for (const { do: what, times } of steps) {
        for (let i = 0; i < times; i++) {
          if (what === 'push') {
            ring.push(next)
            queue.push(next++)
          } else expect(ring[what]()).toBe(queue[what]())
        }
        expect([ring.length, ring.peek(), ring.at(queue.length - 1), ring.at(queue.length)]).toEqual([
          queue.length,
          queue[0],
          queue.at(-1),
          undefined,
        ])
      }
    }),
  )
})

test('a great burst passes whole, and small ones after it', () => {
  const ring = new Ring<number>()
  for (const burst of [10_000, 3, 5_000, 7]) {
    for (let n = 0; n < burst; n++) ring.push(n)
    const out = Array.from({ length: burst }, () => ring.shift())
    expect(out).toEqual(Array.from({ length: burst }, (_, n) => n))
    expect([ring.length, ring.peek(), ring.shift(), ring.pop()]).toEqual([0, undefined, undefined, undefined])
  }
})
