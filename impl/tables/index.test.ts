import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Random } from '../box.ts'
import { IndexTable } from './index.ts'

/** Chance from a list; the test fails when more is drawn than the list holds. */
function dealt(...numbers: number[]): Random {
  return {
    bytes: () => expect.unreachable('indices come from below'),
    below(bound) {
      expect(bound).toBe(2 ** 32)
      return numbers.shift() ?? expect.unreachable('too many draws')
    },
    split: () => expect.unreachable('nothing to split'),
  }
}

describe('IndexTable', () => {
  it('is a map under the numbers that were drawn', () => {
    const operation = fc.oneof(
      fc.record({ kind: fc.constant('insert' as const), draw: fc.nat(20) }),
      fc.record({ kind: fc.constant('replace' as const), index: fc.nat(20) }),
      fc.record({ kind: fc.constant('remove' as const), index: fc.nat(20) }),
    )
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 40 }), operations => {
        const draws: number[] = []
        const random = { ...dealt(), below: () => draws.shift() ?? 0 }
        const table = new IndexTable<string>()
        const twin = new Map<number, string>()
        operations.forEach((op, n) => {
          if (op.kind === 'insert') {
            // The first draw may be taken; the second never is.
            draws.push(op.draw, 1000 + n)
            const expected = twin.has(op.draw) ? 1000 + n : op.draw
            expect(table.insert(`entry ${n}`, random)).toBe(expected)
            twin.set(expected, `entry ${n}`)
            draws.length = 0
          } else if (op.kind === 'replace') {
            expect(table.replace(op.index, `entry ${n}`)).toBe(twin.has(op.index))
            if (twin.has(op.index)) twin.set(op.index, `entry ${n}`)
          } else {
            expect(table.remove(op.index)).toBe(twin.delete(op.index))
          }
          expect(table.size).toBe(twin.size)
          for (let index = 0; index <= 20; index++) expect(table.get(index)).toBe(twin.get(index))
        })
      }),
    )
  })

  it('draws again while the number is taken, and takes 0 and 2^32 - 1', () => {
    const table = new IndexTable<string>()
    const random = dealt(0, 0, 0, 0xffff_ffff)
    expect([table.insert('first', random), table.insert('second', random)]).toEqual([0, 0xffff_ffff])
    expect([table.get(0), table.get(0xffff_ffff)]).toEqual(['first', 'second'])
  })
})
