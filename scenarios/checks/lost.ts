/** Packets of a step do not arrive, and for the reasons named. */
import type { ExpectationOf } from '../language/expectation.ts'
import { expectationName } from '../language/expectation.ts'
import type { Cast, Scenario } from '../language/scenario.ts'
import type { Check, Ending, Finding } from './check.ts'
import { likelyCause, unknownReason } from './drops.ts'
import { nounOf, StepPackets } from './step-packets.ts'
import { inRange, listText, shareText } from './words.ts'

export function lostCheck(expectation: ExpectationOf<'lost'>, scenario: Scenario, cast: Cast): Check {
  const packets = new StepPackets(scenario, expectation.step)
  const count = expectation.count ?? packets.total
  const { because } = expectation
  const noun = nounOf(packets.step)
  const why = because === undefined ? '' : `, each because of ${because.join(' or ')}`
  const foreign = Object.values(cast).some(implementation => implementation !== 'ours')
  return {
    name: expectationName(expectation),
    expected: `${shareText(count, packets.total, noun, packets.name)} lost${why}.`,
    needs: because === undefined ? ['state'] : ['state', 'inside'],
    kinds: ['step', 'drop'],
    hops: 'caused',
    row: row => packets.row(row),
    end(ending): Finding {
      const lost = packets.which(seq => packets.wasSent(seq) && !packets.hasArrived(seq))
      const summary = `${lost.length} of ${packets.total} lost`
      if (!inRange(lost.length, count)) return wrongCount(packets, lost, summary, ending, count)
      if (because === undefined) return { ok: true, actual: `${summary}.` }
      return reasonsFinding({ packets, lost, summary, because, foreign }, ending)
    },
  }
}

function wrongCount(
  packets: StepPackets,
  lost: readonly number[],
  summary: string,
  { end, drops }: Ending,
  count: Parameters<typeof inRange>[1],
): Finding {
  const tooMany = lost.length > (typeof count === 'number' ? count : (count.max ?? Number.MAX_SAFE_INTEGER))
  const arrived = packets.which(seq => packets.hasArrived(seq))
  const unsent = packets.which(seq => !packets.wasSent(seq) && !packets.hasArrived(seq))
  const seqs = tooMany ? lost : arrived
  const first = seqs[0]
  const at = first === undefined ? undefined : tooMany ? packets.sentAt(first) : packets.arrivedAt(first)
  const likely = tooMany ? likelyCause(packets.drops(lost), drops, end) : undefined
  const parts = [
    summary,
    ...(arrived.length > 0 ? [`${packets.verb}: ${listText(arrived)}`] : []),
    ...(unsent.length > 0 ? [`never sent: ${listText(unsent)}`] : []),
  ]
  return {
    ok: false,
    actual: `${parts.join('; ')}.`,
    packets: packets.ids(seqs),
    ...(at === undefined ? {} : { at }),
    ...(likely === undefined ? {} : { likely }),
  }
}

interface Lost {
  readonly packets: StepPackets
  readonly lost: readonly number[]
  readonly summary: string
  readonly because: readonly string[]
  readonly foreign: boolean
}

function reasonsFinding({ packets, lost, summary, because, foreign }: Lost, { end, drops }: Ending): Finding {
  for (const reason of because) {
    const unknown = unknownReason(reason, end)
    if (unknown !== undefined) return { ok: false, actual: unknown }
  }
  const other = lost.filter(seq => !packets.reasons(seq).some(reason => because.includes(reason)))
  const first = other[0]
  if (first === undefined) {
    const most = packets.drops(lost).most()
    return { ok: true, actual: `${summary}${most === undefined ? '' : `, first because of ${most.reason}`}.` }
  }
  const silent = other.filter(seq => packets.reasons(seq).length === 0)
  if (foreign && silent.length === other.length) {
    return {
      ok: 'unsupported',
      actual: `${summary}, but why is not to be seen: a foreign implementation is in the cast.`,
    }
  }
  const reasons = packets.reasons(first)
  const why = reasons.length === 0 ? 'no drop of it was seen' : `it was dropped because of ${reasons.join(' and ')}`
  const likely = likelyCause(packets.drops(other), drops, end)
  const at = packets.sentAt(first)
  return {
    ok: false,
    actual: `${summary}, ${other.length} of these for another reason; of number ${first}: ${why}.`,
    packets: packets.ids(other),
    ...(at === undefined ? {} : { at }),
    ...(likely === undefined ? {} : { likely }),
  }
}
