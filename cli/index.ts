/**
 * The package's public face, for other people's tests:
 *
 *     import { run, scenario } from 'wglab'
 *     const verdict = await run(scenario({ … }))
 */
import type { Cast, NamedScenario, Scenario } from '../scenarios/language/scenario.ts'
import type { Row } from '../scenarios/language/trace.ts'
import { checkShape } from '../scenarios/language/validate.ts'
import type { Verdict } from '../scenarios/language/verdict.ts'
import { runOne } from './evidence.ts'
import { UserError } from './exit.ts'
import { problemText } from './problems.ts'
import { type Selected, select } from './select.ts'

export type { Expectation } from '../scenarios/language/expectation.ts'
export { applyChanges } from '../scenarios/language/patch.ts'
export type { Cast, Change, NamedScenario, Scenario, Twin } from '../scenarios/language/scenario.ts'
export type { Step } from '../scenarios/language/step.ts'
export type { Row } from '../scenarios/language/trace.ts'
export type { CheckOutcome, Verdict, VerdictKind } from '../scenarios/language/verdict.ts'
export { UserError } from './exit.ts'

export interface RunOptions {
  /** Default: the scenario's own, else `1`. */
  readonly seed?: string
  /** Host name to implementation. Default: `ours` plays all. */
  readonly cast?: Cast
  /** A folder for trace, capture and ladder. Default: nothing is written. */
  readonly out?: string
  /** Sees each row of the trace as it comes. */
  readonly onRow?: (row: Row) => void
}

/**
 * A scenario checked for its shape. Unlike a plain object it is refused at once, by a UserError that names path and reason.
 */
export function scenario(value: Scenario): Scenario {
  const checked = checkShape(value, '')
  if ('problems' in checked) throw new UserError(checked.problems.map(problemText).join('\n'))
  return checked.scenario
}

/**
 * Runs one scenario in virtual time. `what`: a scenario, the id of one in the catalogue, or the path of a file.
 * A scenario that fails is a verdict, not an exception; a UserError says that `what` names nothing, or several.
 */
export async function run(what: Scenario | string, options: RunOptions = {}): Promise<Verdict> {
  const named: NamedScenario & { readonly selector?: string } =
    typeof what === 'string' ? await theOne(what) : { id: 'scenario', scenario: scenario(what) }
  const seed = options.seed ?? named.scenario.seed ?? '1'
  const { out, onRow } = options
  const verdict = runOne(named, { cast: options.cast ?? {}, seed, selector: named.selector, out, outShown: out, onRow })
  // No command line reaches a scenario that is in memory alone.
  return named.selector === undefined
    ? { ...verdict, reproduce: `run(scenario, { seed: ${JSON.stringify(seed)} })` }
    : verdict
}

async function theOne(selector: string): Promise<Selected> {
  const found = await select([selector])
  const [first] = found
  if (first === undefined || found.length > 1)
    throw new UserError(`"${selector}" names ${found.length} scenarios; name one`)
  return first
}
