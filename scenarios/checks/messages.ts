/** So many WireGuard messages leave a host. */
import { udpPayloadSize } from '../decode/wireguard.ts'
import type { ExpectationOf } from '../language/expectation.ts'
import { expectationName } from '../language/expectation.ts'
import { formatNs } from '../language/quantity.ts'
import type { Scenario } from '../language/scenario.ts'
import { packetText } from '../language/trace.ts'
import { type Check, FEW, type Finding } from './check.ts'
import { DropTable, likelyCause } from './drops.ts'
import { MessageFilter, wishNoun, wishText } from './message-filter.ts'
import { counted, inRange, isAre, rangeOf, rangeText } from './words.ts'

export function messagesCheck(expectation: ExpectationOf<'messages'>, scenario: Scenario): Check {
  const filter = new MessageFilter(scenario, expectation)
  const { count, size } = expectation
  const noun = wishNoun(expectation.message)
  const most = typeof count === 'number' ? count : (count.max ?? Number.MAX_SAFE_INTEGER)
  const first: string[] = []
  const beyond: string[] = []
  const kinds = new Map<string, number>()
  let seen = 0
  let beyondAt: number | undefined
  let lastAt: number | undefined
  let misfit: { readonly id: string; readonly size: number; readonly t: number } | undefined
  const sized = size === undefined ? '' : `, each of ${typeof size === 'number' ? size : rangeText(size)} B`
  return {
    name: expectationName(expectation),
    expected: `There ${isAre(count)} ${rangeOf(count, noun)} ${wishText(expectation)}${sized}.`,
    needs: ['wire'],
    kinds: [],
    hops: filter.places,
    row(row) {
      const match = filter.match(row)
      if (match === undefined) return
      const { hop, bytes, kind } = match
      seen++
      lastAt = hop.t
      kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
      if (first.length < FEW) first.push(packetText(hop.packet))
      if (seen > most) {
        beyondAt ??= hop.t
        if (beyond.length < FEW) beyond.push(packetText(hop.packet))
      }
      if (size === undefined || misfit !== undefined) return
      const actual = udpPayloadSize(bytes)
      if (!inRange(actual, size)) misfit = { id: packetText(hop.packet), size: actual, t: hop.t }
    },
    end({ end, drops }): Finding {
      const split =
        expectation.message === 'any' && kinds.size > 0
          ? ` (${[...kinds].map(([kind, n]) => `${n} ${kind}`).join(', ')})`
          : ''
      const actual = `${seen === 0 ? `No ${noun}` : counted(seen, noun)} ${seen === 1 || seen === 0 ? 'was' : 'were'} seen${split}`
      if (!inRange(seen, count)) {
        const at = beyondAt ?? lastAt
        const likely = seen > most ? undefined : likelyCause(new DropTable(), drops, end)
        const when =
          at === undefined
            ? ''
            : seen > most
              ? `, the first too many at ${formatNs(at)}`
              : `, the last at ${formatNs(at)}`
        return {
          ok: false,
          actual: `${actual}${when}.`,
          packets: seen > most ? beyond : first,
          ...(at === undefined ? {} : { at }),
          ...(likely === undefined ? {} : { likely }),
        }
      }
      if (misfit === undefined) return { ok: true, actual: `${actual}.` }
      return { ok: false, actual: `${actual}; one has ${misfit.size} B.`, at: misfit.t, packets: [misfit.id] }
    },
  }
}
