/** Every step could be done, and every probe saw what it was told to expect. */
import { formatNs } from '../language/quantity.ts'
import type { Scenario } from '../language/scenario.ts'
import type { StepRow } from '../language/trace.ts'
import type { Check, Finding } from './check.ts'

/** A ping or datagram that is refused is no fault of the step: `delivered` and `lost` speak of it. */
export function stepsCheck(scenario: Scenario): Check {
  const traffic = new Set<string>()
  const undecided = new Set<string>()
  for (const [i, step] of scenario.steps.entries()) {
    const name = step.name ?? `#${i}`
    if (step.do === 'ping' || step.do === 'send' || step.do === 'tcp' || step.do === 'lookup') traffic.add(name)
    if (step.do === 'probe' && (step.act.kind === 'expect' || step.act.kind === 'expect-silence')) undecided.add(name)
  }
  let failed: StepRow | undefined
  return {
    name: 'every step is done',
    expected: 'Every step can be done, and every probe sees what it is told to expect.',
    needs: ['state'],
    kinds: ['step'],
    hops: 'none',
    row(row) {
      if (row.kind !== 'step') return
      if (row.what === 'satisfied' || row.what === 'failed') undecided.delete(row.step)
      if (row.what === 'failed' || (row.what === 'error' && !traffic.has(row.step))) failed ??= row
    },
    end(): Finding {
      if (failed !== undefined) {
        const detail = failed.detail === undefined ? 'it does not say why' : failed.detail
        const actual = `Step "${failed.step}" failed on ${failed.host} at ${formatNs(failed.t)}: ${detail}.`
        return { ok: false, actual, at: failed.t }
      }
      for (const step of undecided) return { ok: false, actual: `The run ended before step "${step}" was decided.` }
      return { ok: true, actual: 'All of them.' }
    },
  }
}
