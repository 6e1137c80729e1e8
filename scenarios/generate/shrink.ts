/** START HERE. Makes a scenario smaller while something stays true of it: delta debugging, then one thing at a time. */
import type { Scenario } from '../language/scenario.ts'
import { checkShape } from '../language/validate.ts'
import { simplerScenarios, withoutSteps } from './simpler.ts'

/** Whether what is looked for is still there. */
export type Holds = (scenario: Scenario) => Promise<boolean>

export interface ShrinkOptions {
  /** What can not run is not asked about. Default: what has the right shape can. */
  readonly can?: (scenario: Scenario) => boolean
  /** How often the question may be asked. Default: as often as it takes. */
  readonly most?: number
  /** True: no more; the best so far is the answer. */
  readonly stopped?: () => boolean
  /** Told of each that is smaller, and how many questions that took. */
  readonly onSmaller?: (scenario: Scenario, asked: number) => void
  /** Told before each question. */
  readonly onQuestion?: (asked: number) => void
}

export interface Shrunk {
  readonly scenario: Scenario
  /** How often the predicate was asked. */
  readonly asked: number
  /** Of nothing in `simplerScenarios` does it hold; false: the questions ended before that was known. */
  readonly minimal: boolean
}

/**
 * The smallest scenario found for which `holds`. The given one must hold; expectations are left as they are but for those
 * that speak of what is gone. `holds` is asked about each scenario once, so it should answer the same each time.
 */
export async function shrinkScenario(scenario: Scenario, holds: Holds, options: ShrinkOptions = {}): Promise<Shrunk> {
  const { can = () => true, most = Number.POSITIVE_INFINITY, stopped = () => false, onSmaller, onQuestion } = options
  let asked = 0
  let best = scenario
  const seen = new Set([JSON.stringify(scenario)])
  const isOver = () => asked >= most || stopped()
  const better = async (candidate: Scenario): Promise<boolean> => {
    const text = JSON.stringify(candidate)
    if (seen.has(text) || isOver()) return false
    seen.add(text)
    if (!('scenario' in checkShape(candidate)) || !can(candidate)) return false
    onQuestion?.(asked)
    asked++
    if (!(await holds(candidate)) || stopped()) return false
    best = candidate
    onSmaller?.(best, asked)
    return true
  }
  for (let grew = true; grew && !isOver(); ) {
    grew = await fewerSteps(() => best, better)
    grew = (await oneAtATime(() => best, better)) || grew
  }
  return { scenario: best, asked, minimal: simplerScenarios(best).every(each => seen.has(JSON.stringify(each))) }
}

type Better = (candidate: Scenario) => Promise<boolean>

/** Halves first, then quarters, down to one step at a time. */
async function fewerSteps(best: () => Scenario, better: Better): Promise<boolean> {
  let grew = false
  for (let size = Math.ceil(best().steps.length / 2); size > 1; size = Math.ceil(size / 2)) {
    for (let from = 0; from < best().steps.length; ) {
      if (await better(withoutSteps(best(), from, from + size))) grew = true
      else from += size
    }
  }
  return grew
}

/** Each change is made to the best so far: where one was taken, the list is made anew and goes on from the same place. */
async function oneAtATime(best: () => Scenario, better: Better): Promise<boolean> {
  let grew = false
  let list = simplerScenarios(best())
  for (let at = 0; at < list.length; ) {
    if (await better(list[at]!)) {
      grew = true
      list = simplerScenarios(best())
    } else at++
  }
  return grew
}
