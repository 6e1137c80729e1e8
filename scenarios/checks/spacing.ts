/** The rhythm of messages: every distance between two in a row. */
import type { ExpectationOf } from '../language/expectation.ts'
import { expectationName } from '../language/expectation.ts'
import { durationNs, formatNs } from '../language/quantity.ts'
import type { Scenario } from '../language/scenario.ts'
import { packetText } from '../language/trace.ts'
import type { Check, Finding } from './check.ts'
import { MessageFilter, wishNoun, wishText } from './message-filter.ts'
import { plural } from './words.ts'

export function spacingCheck(expectation: ExpectationOf<'spacing'>, scenario: Scenario): Check {
  const filter = new MessageFilter(scenario, expectation)
  const min = expectation.each.min === undefined ? 0 : durationNs(expectation.each.min)
  const max = expectation.each.max === undefined ? Number.MAX_SAFE_INTEGER : durationNs(expectation.each.max)
  let seen = 0
  let last: { readonly t: number; readonly id: string } | undefined
  let least = Number.MAX_SAFE_INTEGER
  let most = 0
  let wrong:
    | { readonly n: number; readonly distance: number; readonly at: number; readonly ids: readonly string[] }
    | undefined
  return {
    name: expectationName(expectation),
    expected: `Any two ${plural(wishNoun(expectation.message))} in a row ${wishText(expectation)} are ${distanceText(expectation)} apart.`,
    needs: ['wire'],
    kinds: [],
    hops: filter.places,
    row(row) {
      const match = filter.match(row)
      if (match === undefined) return
      const { t } = match.hop
      const id = packetText(match.hop.packet)
      seen++
      if (last !== undefined) {
        const distance = t - last.t
        least = Math.min(least, distance)
        most = Math.max(most, distance)
        if (distance < min || distance > max) wrong ??= { n: seen, distance, at: t, ids: [last.id, id] }
      }
      last = { t, id }
    },
    end(): Finding {
      if (seen < 2) {
        const actual =
          seen === 0 ? 'None was seen, and it takes two to tell.' : `Only one was seen, at ${formatNs(last?.t ?? 0)}.`
        return last === undefined ? { ok: false, actual } : { ok: false, actual, at: last.t, packets: [last.id] }
      }
      const spread = least === most ? `all ${formatNs(least)} apart` : `${formatNs(least)} to ${formatNs(most)} apart`
      if (wrong === undefined) return { ok: true, actual: `${seen} were seen, ${spread}.` }
      const { n, distance, at, ids } = wrong
      const where = `number ${n} came ${formatNs(distance)} after number ${n - 1}, at ${formatNs(at)}`
      return { ok: false, actual: `${seen} were seen, ${spread}; ${where}.`, at, packets: ids }
    },
  }
}

function distanceText({ each }: ExpectationOf<'spacing'>): string {
  const min = each.min === undefined ? undefined : formatNs(durationNs(each.min))
  const max = each.max === undefined ? undefined : formatNs(durationNs(each.max))
  if (min !== undefined && max !== undefined) return `${min} to ${max}`
  if (min !== undefined) return `at least ${min}`
  return max === undefined ? 'any time' : `at most ${max}`
}
