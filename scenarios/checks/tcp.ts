/** What became of a tcp step: completed, how fast, stalled, broken. */
import type { Expectation, ExpectationOf } from '../language/expectation.ts'
import { expectationName } from '../language/expectation.ts'
import { durationNs, formatNs, formatRate, rateBits } from '../language/quantity.ts'
import type { Scenario } from '../language/scenario.ts'
import type { Row } from '../language/trace.ts'
import type { Check, Ending, Finding } from './check.ts'
import { DropTable, likelyCause } from './drops.ts'
import { Stream } from './stream.ts'
import { inRange, rangeText } from './words.ts'

type TcpExpectation = ExpectationOf<'completed' | 'goodput' | 'stalled' | 'broken'>

const STALLED_NS = 5_000_000_000

export function tcpCheck(expectation: TcpExpectation, scenario: Scenario): Check {
  const stream = new Stream(scenario, expectation.step)
  const drops = new DropTable()
  return {
    name: expectationName(expectation satisfies Expectation),
    expected: expectedText(expectation, stream),
    needs: ['state'],
    kinds: ['step', 'drop'],
    hops: 'none',
    row(row: Row) {
      // What was lost while it ran is the likely cause of what became of it.
      if (row.kind === 'drop' && stream.begunAt !== undefined && stream.doneAt === undefined) drops.add(row)
      stream.row(row)
    },
    end: ending => finding(expectation, stream, drops, ending),
  }
}

function expectedText(expectation: TcpExpectation, { name, total }: Stream): string {
  switch (expectation.see) {
    case 'completed': {
      const { within } = expectation
      const time = within === undefined ? '' : ` within ${formatNs(durationNs(within))}`
      return `All ${total} bytes of "${name}" arrive${time}.`
    }
    case 'goodput': {
      const { at_least, at_most } = expectation
      const bounds = [
        ...(at_least === undefined ? [] : [`at least ${formatRate(rateBits(at_least))}`]),
        ...(at_most === undefined ? [] : [`at most ${formatRate(rateBits(at_most))}`]),
      ]
      return `"${name}" runs with ${bounds.join(' and ')}.`
    }
    case 'stalled': {
      const bytes = expectation.bytes === undefined ? 'some' : rangeText(expectation.bytes)
      const time = formatNs(expectation.for === undefined ? STALLED_NS : durationNs(expectation.for))
      return `"${name}" is connected, and stops for at least ${time} after ${bytes} of its ${total} bytes.`
    }
    case 'broken':
      return `"${name}" ends with "${expectation.because}".`
  }
}

function finding(expectation: TcpExpectation, stream: Stream, drops: DropTable, { end, drops: all }: Ending): Finding {
  const likely = likelyCause(drops, all, end)
  const bad = (actual: string, at: number | undefined): Finding => ({
    ok: false,
    actual,
    at: at ?? stream.lastAt ?? stream.begunAt ?? end.ended_at,
    ...(likely === undefined ? {} : { likely }),
  })
  const text = `${stream.text()}.`
  switch (expectation.see) {
    case 'completed': {
      const took = (stream.lastAt ?? 0) - (stream.begunAt ?? 0)
      if (!stream.complete) return bad(text, stream.error?.at)
      const late = expectation.within !== undefined && took > durationNs(expectation.within)
      const actual = `All ${stream.total} bytes arrived in ${formatNs(took)}, ${stream.goodputText()}.`
      return late ? bad(actual, stream.lastAt) : { ok: true, actual }
    }
    case 'goodput': {
      const { at_least, at_most } = expectation
      const bits = stream.goodput_bits
      const actual = `${stream.goodputText()}: ${text}`
      if (bits === undefined) return bad(actual, undefined)
      const slow = at_least !== undefined && bits < rateBits(at_least)
      const fast = at_most !== undefined && bits > rateBits(at_most)
      return slow || fast ? bad(actual, stream.lastAt) : { ok: true, actual }
    }
    case 'stalled': {
      const silence = (stream.error?.at ?? end.ended_at) - (stream.lastAt ?? stream.connectedAt ?? end.ended_at)
      const long = silence >= (expectation.for === undefined ? STALLED_NS : durationNs(expectation.for))
      const right = expectation.bytes === undefined || inRange(stream.arrived, expectation.bytes)
      const ok = stream.connectedAt !== undefined && !stream.complete && long && right
      return ok ? { ok, actual: `${stream.text()}; then silence for ${formatNs(silence)}.` } : bad(text, undefined)
    }
    case 'broken': {
      const ok = stream.error?.text.includes(expectation.because) === true
      return ok ? { ok, actual: text } : bad(text, stream.error?.at)
    }
  }
}
