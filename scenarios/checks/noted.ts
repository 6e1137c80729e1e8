/** What a machine or one of its services wrote down: rows of the kind "note" that hold a text. */
import type { ExpectationOf } from '../language/expectation.ts'
import { expectationName } from '../language/expectation.ts'
import { formatNs } from '../language/quantity.ts'
import type { Check, Finding } from './check.ts'
import { betweenText, counted, inRange, rangeOf, spanNs } from './words.ts'

/** So much of the last note is quoted. */
const LONGEST = 160

export function notedCheck(expectation: ExpectationOf<'noted'>): Check {
  const { host, text, count, between } = expectation
  const span = spanNs(between)
  const most = typeof count === 'number' ? count : (count.max ?? Number.MAX_SAFE_INTEGER)
  let seen = 0
  let decisive: number | undefined
  let last: string | undefined
  return {
    name: expectationName(expectation),
    expected: `${host} writes ${rangeOf(count, 'note')} with "${text}"${betweenText(between)}.`,
    needs: ['state'],
    kinds: ['note'],
    hops: 'none',
    row(row) {
      if (row.kind !== 'note' || row.at !== host || row.t < span.from || row.t >= span.to) return
      last = row.text
      if (!row.text.includes(text)) return
      seen++
      if (seen <= most + 1) decisive = row.t
    },
    end(): Finding {
      const found = seen === 0 ? 'No note has it' : `${counted(seen, 'note')} ${seen === 1 ? 'has' : 'have'} it`
      if (inRange(seen, count)) return { ok: true, actual: `${found}.` }
      const other = seen > 0 || last === undefined ? '' : ` The last one says "${last.slice(0, LONGEST)}".`
      const when = decisive === undefined ? '' : `, the last that counts at ${formatNs(decisive)}`
      return { ok: false, actual: `${found}${when}.${other}`, ...(decisive === undefined ? {} : { at: decisive }) }
    },
  }
}
