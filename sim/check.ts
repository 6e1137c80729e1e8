/** What is wrong with a scenario: said all at once, with the place and what to write. Never throws. */
import { DROPS } from '../impl/drops.ts'
import { durationNs } from '../scenarios/language/quantity.ts'
import type { Scenario } from '../scenarios/language/scenario.ts'
import { checkShape } from '../scenarios/language/validate.ts'
import { checkExpectations } from './check/expectations.ts'
import { checkImpossible } from './check/impossible.ts'
import { checkCables } from './check/links.ts'
import { checkNetworks } from './check/networks.ts'
import { warnOdd } from './check/odd.ts'
import { type Context, type Problem, pointer } from './check/problem.ts'
import { checkServices } from './check/services.ts'
import { checkSteps } from './check/steps.ts'
import { checkKeyNames, checkTexts, familiesOf, readTexts, type Text } from './check/texts.ts'
import { HOST_DROPS } from './host/drops.ts'
import { layoutOf } from './layout.ts'
import { NET_DROPS } from './net/drops.ts'
import { TAP_DROPS } from './tap.ts'

export type { Problem }

/**
 * First what the language itself says: its shape, and names, addresses and times that are none. Where that is in order, what
 * needs to know networks and tunnels: prefixes, gateways, texts, families, places at a time. Empty: it can run.
 */
export function checkScenario(scenario: Scenario): Problem[] {
  // The twin is not run here, and of a twin that runs the changes can not be made a second time.
  const { twin: _twin, ...alone } = scenario
  const checked = checkShape(alone)
  if ('problems' in checked) {
    return checked.problems.map(({ path, what, instead }) => ({ path, reason: what, instead }))
  }
  const problems: Problem[] = []
  const texts = readTexts(scenario)
  const context = contextOf(scenario, texts, problems)
  if (context.end < 1) context.complain(['duration'], 'a run of no time shows nothing', '30s')
  checkNetworks(context)
  checkImpossible(context)
  checkCables(context)
  checkTexts(context, texts)
  checkKeyNames(context)
  checkServices(context)
  checkSteps(context)
  checkExpectations(context, [
    ...new Set([DROPS, NET_DROPS, HOST_DROPS, TAP_DROPS].flatMap(drops => Object.keys(drops))),
  ])
  return problems
}

/** What can be run and is hardly meant, of a scenario without problems: networks that stay empty, endpoints that nobody has. */
export function scenarioWarnings(scenario: Scenario): Problem[] {
  const warnings: Problem[] = []
  warnOdd(contextOf(scenario, readTexts(scenario), warnings))
  return warnings
}

function contextOf(scenario: Scenario, texts: readonly Text[], problems: Problem[]): Context {
  return {
    scenario,
    layout: layoutOf(scenario),
    end: durationNs(scenario.duration),
    confs: texts,
    families: familiesOf(scenario, texts),
    complain(path, reason, instead) {
      problems.push({ path: pointer(path), reason, ...(instead === undefined ? {} : { instead }) })
    },
  }
}
