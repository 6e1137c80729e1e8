/** Rows come in the order of their time: a trace that goes back is no evidence. */
import { formatNs } from '../language/quantity.ts'
import type { Row } from '../language/trace.ts'
import type { Check, Finding } from './check.ts'

export function orderCheck(): Check {
  let last = 0
  let rows = 0
  let wrong: { readonly row: Row; readonly before: number } | undefined
  return {
    name: 'time never goes back',
    expected: 'Each row of the trace is at the time of the row before it, or later.',
    needs: [],
    kinds: ['drop', 'timer', 'key', 'state', 'clock', 'step', 'note'],
    hops: 'all',
    row(row) {
      rows++
      if (row.t < last) wrong ??= { row, before: last }
      else last = row.t
    },
    end(): Finding {
      if (wrong === undefined) return { ok: true, actual: `${rows} rows in order.` }
      const { row, before } = wrong
      return {
        ok: false,
        actual: `A ${row.kind} row at ${formatNs(row.t)} comes after ${formatNs(before)}.`,
        at: row.t,
      }
    },
  }
}
