/** Handshakes that `wg show` of a host would tell: its latest-handshake moved. */
import type { ExpectationOf } from '../language/expectation.ts'
import { expectationName } from '../language/expectation.ts'
import { formatNs } from '../language/quantity.ts'
import type { Check, Finding } from './check.ts'
import { DropTable, likelyCause } from './drops.ts'
import { betweenText, counted, inRange, listText, rangeOf, spanNs } from './words.ts'

export function handshakesCheck(expectation: ExpectationOf<'handshakes'>): Check {
  const { host, peer, count, between } = expectation
  const span = spanNs(between)
  const times: number[] = []
  /** The last one told, for each interface. */
  const latest = new Map<string, number>()
  return {
    name: expectationName(expectation),
    expected: `${host} completes ${rangeOf(count, 'handshake')} with ${peer}${betweenText(between)}.`,
    needs: ['state'],
    kinds: ['state'],
    hops: 'none',
    row(row) {
      if (row.kind !== 'state' || row.host !== host || row.peer !== peer || row.latest_handshake === null) return
      if (latest.get(row.iface) === row.latest_handshake) return
      latest.set(row.iface, row.latest_handshake)
      if (row.latest_handshake >= span.from && row.latest_handshake < span.to) times.push(row.latest_handshake)
    },
    end({ end, drops }): Finding {
      const when = times.length === 0 ? '' : `, at ${listText(times.map(formatNs))}`
      const actual = `${times.length === 0 ? 'No handshake was' : `${counted(times.length, 'handshake')} ${times.length === 1 ? 'was' : 'were'}`} completed${when}.`
      if (inRange(times.length, count)) return { ok: true, actual }
      const at = times.at(-1)
      const few = times.length < (typeof count === 'number' ? count : (count.min ?? 0))
      const likely = few ? likelyCause(new DropTable(), drops, end) : undefined
      return { ok: false, actual, ...(at === undefined ? {} : { at }), ...(likely === undefined ? {} : { likely }) }
    },
  }
}
