/** The streaming checks against twins that look at all rows at once, in the simplest words. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Step } from '../language/step.ts'
import type { HopRow, PacketRef, Row } from '../language/trace.ts'
import { RangeSet } from './ranges.ts'
import { judgeAll, LEGEND, lab, runEnd, S } from './testing.ts'

const hello: Step = { do: 'ping', at: '1s', name: 'hello', from: 'alice', to: '10.0.0.2', count: 4 }
const END = 500 * S

const packet: fc.Arbitrary<PacketRef> = fc.record({ box: fc.constantFrom('alice', 'bob'), n: fc.nat(5) })
const copy = fc.nat(1)
const reason = fc.constantFrom('link-loss', 'replayed', 'nat-no-mapping')
const anyRow: fc.Arbitrary<Row> = fc.oneof(
  fc.record({
    kind: fc.constant('step' as const),
    t: fc.constant(0),
    step: fc.constantFrom('hello', 'hello', 'other'),
    host: fc.constant('alice'),
    what: fc.constantFrom('sent' as const, 'sent' as const, 'answered' as const, 'error' as const, 'begun' as const),
    seq: fc.integer({ min: 1, max: 4 }),
    packet,
  }),
  fc.record({
    kind: fc.constant('drop' as const),
    t: fc.constant(0),
    at: fc.constant('nat'),
    layer: fc.constant('wire' as const),
    packet,
    copy,
    reason,
  }),
  fc
    .record({
      kind: fc.constant('hop' as const),
      t: fc.constant(0),
      at: fc.constantFrom('alice', 'bob:internet', 'nat'),
      dir: fc.constantFrom('born' as const, 'out' as const, 'in' as const, 'done' as const),
      layer: fc.constant('wire' as const),
      packet,
      copy,
      size: fc.constant(84),
      cause: fc.option(packet, { nil: undefined }),
    })
    .map(({ cause, ...hop }): HopRow => (cause === undefined || hop.dir !== 'born' ? hop : { ...hop, cause })),
)
const trace = fc
  .array(fc.tuple(anyRow, fc.nat(40)), { maxLength: 40 })
  .map(list => list.map(([row], i) => ({ ...row, t: list.slice(0, i + 1).reduce((sum, [, gap]) => sum + gap * S, 0) })))

const same = (a: PacketRef, b: PacketRef) => a.box === b.box && a.n === b.n

/** What the step's rows say of each number, told row by row from the whole trace. */
function ofStep(rows: readonly Row[]) {
  const owner = (upTo: number, id: PacketRef): number | undefined => {
    for (let i = upTo; i >= 0; i--) {
      const row = rows[i]
      if (row?.kind === 'step' && row.step === 'hello' && row.what === 'sent' && row.packet && same(row.packet, id))
        return row.seq
      if (row?.kind === 'hop' && row.cause && same(row.packet, id)) {
        const inherited = owner(i - 1, row.cause)
        if (inherited !== undefined) return inherited
      }
    }
    return undefined
  }
  return [1, 2, 3, 4].map(seq => ({
    seq,
    sent: rows.some(row => row.kind === 'step' && row.step === 'hello' && row.what === 'sent' && row.seq === seq),
    answered: rows.some(
      row => row.kind === 'step' && row.step === 'hello' && row.what === 'answered' && row.seq === seq,
    ),
    reasons: rows.flatMap((row, i) => (row.kind === 'drop' && owner(i - 1, row.packet) === seq ? [row.reason] : [])),
  }))
}

const range = fc.oneof(fc.nat(4), fc.record({ min: fc.nat(4), max: fc.nat(4) }))
const holds = (n: number, r: number | { min: number; max: number }) =>
  typeof r === 'number' ? n === r : n >= r.min && n <= r.max

test('delivered and lost', () => {
  fc.assert(
    fc.property(trace, range, fc.uniqueArray(reason, { minLength: 1, maxLength: 2 }), (rows, count, because) => {
      const scenario = lab(
        [
          { see: 'delivered', step: 'hello', count },
          { see: 'lost', step: 'hello', count },
          { see: 'lost', name: 'why', step: 'hello', count, because },
        ],
        [hello],
      )
      const told = ofStep(rows)
      const answered = told.filter(each => each.answered)
      const lost = told.filter(each => each.sent && !each.answered)
      const reasoned = lost.every(each => each.reasons.some(name => because.some(each => each === name)))
      const outcomes = judgeAll(scenario, rows, { end: runEnd({ ended_at: 5000 * S }) })
      expect(outcomes.slice(0, 3).map(({ result }) => result === 'pass')).toEqual([
        holds(answered.length, count),
        holds(lost.length, count),
        holds(lost.length, count) && reasoned,
      ])
    }),
    { numRuns: 500 },
  )
})

test('every packet is explained', () => {
  fc.assert(
    fc.property(trace, fc.boolean(), (rows, late) => {
      const ended_at = late ? 5000 * S : END
      const hops = rows.filter(row => row.kind === 'hop')
      const unexplained = hops.some(hop => {
        const of = rows.filter(
          row => (row.kind === 'hop' || row.kind === 'drop') && same(row.packet, hop.packet) && row.copy === hop.copy,
        )
        const last = of.at(-1)
        if (last?.kind !== 'hop' || last.dir === 'done') return false
        return ended_at - last.t > (last.dir === 'out' ? 11_000_000 : 110 * S)
      })
      const all = judgeAll(lab([]), rows, { end: runEnd({ ended_at, legend: LEGEND }) })
      expect(all.find(({ name }) => name === 'every packet is explained')?.result).toBe(unexplained ? 'fail' : 'pass')
    }),
    { numRuns: 500 },
  )
})

test('a set of ranges is a set', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(30), { maxLength: 80 }), numbers => {
      const ranges = new RangeSet()
      const set = new Set<number>()
      for (const n of numbers) {
        expect(ranges.add(n)).toBe(!set.has(n))
        set.add(n)
      }
    }),
  )
})
