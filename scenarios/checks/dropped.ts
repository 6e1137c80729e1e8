/** Packets dropped for a reason, at a place. */
import type { ExpectationOf } from '../language/expectation.ts'
import { expectationName } from '../language/expectation.ts'
import { formatNs } from '../language/quantity.ts'
import type { Cast, Scenario } from '../language/scenario.ts'
import { packetText } from '../language/trace.ts'
import { type Check, FEW, type Finding } from './check.ts'
import { DropTable, likelyCause, unknownReason } from './drops.ts'
import { betweenText, capital, counted, inRange, isAre, rangeOf, spanNs } from './words.ts'

/** `at` a host means the host and its tunnels (`bob`, `bob:wg0`); its cables are places of their own (`bob:internet`). */
export function droppedCheck(expectation: ExpectationOf<'dropped'>, scenario: Scenario, cast: Cast): Check {
  const { because, at: place, between, count } = expectation
  const span = spanNs(between)
  const first: string[] = []
  const elsewhere = new DropTable()
  let seen = 0
  let firstAt: number | undefined
  let lastAt: number | undefined
  const box = place?.split(':')[0] ?? ''
  const foreign = place !== undefined && (cast[box] ?? 'ours') !== 'ours' && !isCable(scenario, place)
  /** Somewhere in it, packets may be dropped without a word. */
  const hidden = place === undefined && Object.values(cast).some(each => each !== 'ours')
  const most = typeof count === 'number' ? count : count.max
  const where = `${place === undefined ? '' : ` at ${place}`}${betweenText(between)}`
  return {
    name: expectationName(expectation),
    expected: `${capital(rangeOf(count, 'packet'))} ${isAre(count)} dropped because of ${because}${where}.`,
    needs: ['inside'],
    kinds: ['drop'],
    hops: 'none',
    row(row) {
      if (row.kind !== 'drop' || row.t < span.from || row.t >= span.to) return
      if (row.reason !== because || (place !== undefined && !isAt(scenario, place, row.at))) {
        elsewhere.add(row)
        return
      }
      seen++
      firstAt ??= row.t
      lastAt = row.t
      if (first.length < FEW) first.push(packetText(row.packet))
    },
    end({ end }): Finding {
      const unknown = unknownReason(because, end)
      if (unknown !== undefined) return { ok: false, actual: unknown }
      if (foreign)
        return { ok: 'unsupported', actual: `${box} is played by ${cast[box]}, which does not say why it drops.` }
      if (hidden && (most !== undefined || !inRange(seen, count)))
        return {
          ok: 'unsupported',
          actual: 'A foreign implementation is in the cast, which does not say why it drops.',
        }
      const when = firstAt === undefined ? '' : `, the first at ${formatNs(firstAt)}`
      const actual = `${seen === 0 ? 'None was' : `${counted(seen, 'packet')} ${seen === 1 ? 'was' : 'were'}`} dropped so${when}.`
      if (inRange(seen, count)) return { ok: true, actual }
      const likely = elsewhere.total === 0 ? undefined : likelyCause(elsewhere, elsewhere, end)
      return {
        ok: false,
        actual,
        ...(lastAt === undefined ? {} : { at: lastAt }),
        packets: first,
        ...(likely === undefined ? {} : { likely: `Dropped otherwise: ${likely}` }),
      }
    },
  }
}

function isAt(scenario: Scenario, wanted: string, at: string): boolean {
  if (at === wanted) return true
  return !wanted.includes(':') && at.startsWith(`${wanted}:`) && !isCable(scenario, at)
}

function isCable(scenario: Scenario, at: string): boolean {
  const network = at.split(':')[1]
  return network !== undefined && Object.hasOwn(scenario.networks, network)
}
