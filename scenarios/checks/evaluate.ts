/** START HERE. (trace, scenario) → outcomes: rows go in as they happen, what each check found comes out at the end. */
import type { Expectation } from '../language/expectation.ts'
import type { Cast, NamedScenario, Scenario } from '../language/scenario.ts'
import type { HopRow, Row, TraceSink, Visibility } from '../language/trace.ts'
import type { CheckOutcome, RunEnd } from '../language/verdict.ts'
import type { Check } from './check.ts'
import { deliveredCheck } from './delivered.ts'
import { droppedCheck } from './dropped.ts'
import { DropTable } from './drops.ts'
import { endpointCheck } from './endpoint.ts'
import { explainedCheck } from './explained.ts'
import { handshakesCheck } from './handshakes.ts'
import { lostCheck } from './lost.ts'
import { markedCheck } from './marked.ts'
import { messagesCheck } from './messages.ts'
import { nonceReuseCheck } from './nonce-reuse.ts'
import { notedCheck } from './noted.ts'
import { onceCheck } from './once.ts'
import { orderCheck } from './order.ts'
import { receivedCheck } from './received.ts'
import { spacingCheck } from './spacing.ts'
import { stepsCheck } from './steps.ts'
import { tcpCheck } from './tcp.ts'
import { transferCheck } from './transfer.ts'

export interface Evaluation {
  readonly sink: TraceSink
  /** One outcome for each expectation, in the order of the scenario, then those of the checks that hold for every run. */
  finish(end: RunEnd): CheckOutcome[]
}

/** The checks of a scenario, ready for its rows. The scenario is one that `checkShape` has let pass. */
export function evaluate(named: NamedScenario, cast: Cast): Evaluation {
  const { scenario } = named
  const wanted = scenario.expect.map(expectation => checkOf(expectation, scenario, cast))
  const always = alwaysChecks(scenario, cast)
  const drops = new DropTable()
  const dispatch = new Dispatch([...wanted, ...always])
  return {
    sink: {
      row(row) {
        if (row.kind === 'drop') drops.add(row)
        dispatch.row(row)
      },
    },
    finish(end) {
      const blind = (check: Check) => check.needs.filter(need => end.blind.includes(need))
      const judged = wanted.map(check => outcome(check, blind(check), { end, drops }))
      const general = always.filter(check => blind(check).length === 0)
      return [...judged, ...general.map(check => outcome(check, [], { end, drops }))]
    },
  }
}

function checkOf(expectation: Expectation, scenario: Scenario, cast: Cast): Check {
  switch (expectation.see) {
    case 'delivered':
      return deliveredCheck(expectation, scenario)
    case 'lost':
      return lostCheck(expectation, scenario, cast)
    case 'messages':
      return messagesCheck(expectation, scenario)
    case 'spacing':
      return spacingCheck(expectation, scenario)
    case 'handshakes':
      return handshakesCheck(expectation)
    case 'endpoint':
      return endpointCheck(expectation)
    case 'transfer':
      return transferCheck(expectation)
    case 'dropped':
      return droppedCheck(expectation, scenario, cast)
    case 'marked':
      return markedCheck(expectation, scenario)
    case 'received':
      return receivedCheck(expectation, scenario)
    case 'noted':
      return notedCheck(expectation)
    case 'completed':
    case 'goodput':
    case 'stalled':
    case 'broken':
      return tcpCheck(expectation, scenario)
  }
}

function alwaysChecks(scenario: Scenario, cast: Cast): Check[] {
  return [
    stepsCheck(scenario),
    explainedCheck(scenario, cast),
    nonceReuseCheck(scenario),
    onceCheck(scenario),
    orderCheck(),
  ]
}

function outcome(check: Check, blind: readonly Visibility[], ending: Parameters<Check['end']>[0]): CheckOutcome {
  const { name, expected } = check
  if (blind.length > 0) {
    return { name, expected, result: 'unsupported', actual: `This world can not see what is ${blind.join(' or ')}.` }
  }
  const { ok, actual, at, packets, likely } = check.end(ending)
  return {
    name,
    result: ok === true ? 'pass' : ok === false ? 'fail' : 'unsupported',
    expected,
    actual,
    ...(at === undefined ? {} : { at }),
    ...(packets === undefined || packets.length === 0 ? {} : { packets }),
    ...(likely === undefined ? {} : { likely }),
  }
}

const NONE: readonly Check[] = []

/** Gives each row to the checks that want it, and to no other: most rows are hops that few ask about. */
class Dispatch {
  readonly #allHops: Check[] = []
  readonly #caused: Check[] = []
  readonly #byPlace = new Map<string, Check[]>()
  readonly #byKind = new Map<Row['kind'], Check[]>()

  constructor(checks: readonly Check[]) {
    for (const check of checks) {
      for (const kind of check.kinds) add(this.#byKind, kind, check)
      if (check.hops === 'all') this.#allHops.push(check)
      else if (check.hops === 'caused') this.#caused.push(check)
      else if (check.hops !== 'none') for (const place of check.hops) add(this.#byPlace, place, check)
    }
  }

  row(row: Row): void {
    if (row.kind === 'hop') this.#hop(row)
    else for (const check of this.#byKind.get(row.kind) ?? NONE) check.row(row)
  }

  #hop(row: HopRow): void {
    for (const check of this.#allHops) check.row(row)
    if (row.cause !== undefined) for (const check of this.#caused) check.row(row)
    if (row.bytes !== undefined) for (const check of this.#byPlace.get(row.at) ?? NONE) check.row(row)
  }
}

function add<Key>(map: Map<Key, Check[]>, key: Key, check: Check): void {
  const list = map.get(key)
  if (list === undefined) map.set(key, [check])
  else list.push(check)
}
