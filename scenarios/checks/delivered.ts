/** Packets of a step arrive; pings are answered. */
import type { ExpectationOf } from '../language/expectation.ts'
import { expectationName } from '../language/expectation.ts'
import { durationNs, formatNs } from '../language/quantity.ts'
import type { Scenario } from '../language/scenario.ts'
import type { Check, Finding } from './check.ts'
import { likelyCause } from './drops.ts'
import { nounOf, StepPackets } from './step-packets.ts'
import { inRange, listText, shareText } from './words.ts'

export function deliveredCheck(expectation: ExpectationOf<'delivered'>, scenario: Scenario): Check {
  const packets = new StepPackets(scenario, expectation.step)
  const count = expectation.count ?? packets.total
  const within = expectation.within === undefined ? undefined : durationNs(expectation.within)
  const noun = nounOf(packets.step)
  const each = within === undefined ? '' : `, each within ${formatNs(within)}`
  const verbs = packets.step.do === 'send' ? 'delivered' : 'answered'
  return {
    name: expectationName(expectation),
    expected: `${shareText(count, packets.total, noun, packets.name)} ${verbs}${each}.`,
    needs: ['state'],
    kinds: ['step', 'drop'],
    hops: 'caused',
    row: row => packets.row(row),
    end({ end, drops }): Finding {
      const missing = packets.which(seq => !packets.hasArrived(seq))
      const late = within === undefined ? [] : packets.which(seq => (packets.tookNs(seq) ?? 0) > within)
      const ok = inRange(packets.arrivals, count) && late.length === 0
      const summary = `${packets.arrivals} of ${packets.total} ${verbs}`
      if (ok) return { ok, actual: `${summary}${slowest(packets)}.` }
      const many = moreThan(packets.arrivals, count)
      const few = !many && !inRange(packets.arrivals, count)
      const seqs = few ? missing : many ? packets.which(seq => packets.hasArrived(seq)) : late
      const first = seqs[0] ?? 0
      const at = few ? (packets.sentAt(first) ?? end.ended_at) : packets.arrivedAt(first)
      const likely = few ? likelyCause(packets.drops(missing), drops, end) : undefined
      return {
        ok,
        actual: `${[summary, ...missingText(packets, missing), ...lateText(packets, late)].join('; ')}.`,
        packets: packets.ids(seqs),
        ...(at === undefined ? {} : { at }),
        ...(likely === undefined ? {} : { likely }),
      }
    },
  }
}

function missingText(packets: StepPackets, missing: readonly number[]): string[] {
  if (missing.length === 0) return []
  const unsent = missing.filter(seq => !packets.wasSent(seq))
  const error = missing.map(seq => packets.error(seq)).find(text => text !== undefined)
  return [
    `missing: ${listText(missing)}`,
    ...(unsent.length > 0 ? [`${unsent.length} of these never sent`] : []),
    ...(error === undefined ? [] : [`the sender was told "${error}"`]),
  ]
}

function lateText(packets: StepPackets, late: readonly number[]): string[] {
  const first = late[0]
  if (first === undefined) return []
  return [`too late: ${listText(late)} (number ${first} took ${formatNs(packets.tookNs(first) ?? 0)})`]
}

function slowest(packets: StepPackets): string {
  let most = -1
  for (let seq = 1; seq <= packets.total; seq++) most = Math.max(most, packets.tookNs(seq) ?? -1)
  return most < 0 ? '' : `, the slowest in ${formatNs(most)}`
}

function moreThan(count: number, range: Parameters<typeof inRange>[1]): boolean {
  return count > (typeof range === 'number' ? range : (range.max ?? Number.MAX_SAFE_INTEGER))
}
