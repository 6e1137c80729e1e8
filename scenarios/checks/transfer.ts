/** The byte counters of a peer, as `wg show` would tell them. */
import type { ExpectationOf } from '../language/expectation.ts'
import { expectationName } from '../language/expectation.ts'
import { formatNs } from '../language/quantity.ts'
import type { Check, Finding } from './check.ts'
import { momentText, PeerState } from './peer-state.ts'
import { inRange, rangeText } from './words.ts'

export function transferCheck(expectation: ExpectationOf<'transfer'>): Check {
  const { host, peer, rx, tx } = expectation
  const known = new PeerState(expectation)
  const parts = [
    ...(rx === undefined ? [] : [`${rangeText(rx)} B received`]),
    ...(tx === undefined ? [] : [`${rangeText(tx)} B sent`]),
  ]
  return {
    name: expectationName(expectation),
    expected: `${host} has counted ${parts.join(' and ')} for ${peer} ${momentText(expectation.at)}.`,
    needs: ['state'],
    kinds: ['state'],
    hops: 'none',
    row: row => known.row(row),
    end({ end }): Finding {
      const { state } = known
      if (state === undefined) return { ok: false, actual: known.missing(), at: known.moment(end) }
      const ok = (rx === undefined || inRange(state.rx_bytes, rx)) && (tx === undefined || inRange(state.tx_bytes, tx))
      const actual = `${state.rx_bytes} B received and ${state.tx_bytes} B sent, as told at ${formatNs(state.t)}.`
      return ok ? { ok, actual } : { ok, actual, at: state.t }
    },
  }
}
