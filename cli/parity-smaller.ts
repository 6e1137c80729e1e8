/** A scenario in which two casts differ, made smaller while they differ in the same way. */
import { timeOf } from '../scenarios/checks/parity.ts'
import { type ShrinkOptions, type Shrunk, shrinkScenario } from '../scenarios/generate/shrink.ts'
import { withoutSteps } from '../scenarios/generate/simpler.ts'
import type { Divergence, ParityResult } from '../scenarios/language/parity.ts'
import { durationNs } from '../scenarios/language/quantity.ts'
import type { Cast, Scenario } from '../scenarios/language/scenario.ts'
import { checkScenario } from '../sim/check.ts'
import type { Lacks } from './guests.ts'
import type { Looker } from './parity-look.ts'
import type { Pair } from './parity-pair.ts'

export interface Smallest {
  readonly scenario: Scenario
  readonly result: ParityResult
  /** How often two runs were compared for it. */
  readonly asked: number
  /** Nothing that was tried can be left out; false: it ended before that was known. */
  readonly minimal: boolean
}

/** A run goes on for so long: what is on its way at its end is no difference. */
const AFTERWARDS_NS = 20_000_000_000

type Look = (pair: Pair) => Promise<ParityResult | Lacks>

/** `result`: of the pair as it is. The same kind of difference must stay, else another is found on the way. */
export async function smallerPair(
  pair: Pair,
  result: ParityResult,
  looker: Looker,
  options: ShrinkOptions,
): Promise<Smallest> {
  const kind = differenceKind(result.divergences[0])
  let best = result
  const found = (each: ParityResult) => {
    best = each
  }
  const most = (asked: number) => (options.most === undefined ? {} : { most: Math.max(0, options.most - asked) })
  // Quickly, and the end of it with care; if it does not stand then, with care from the beginning.
  const glance: Looking = { look: each => looker.glance(each), found }
  const from = await beginning(pair, result, kind, glance)
  const quick = await shrunk(pair, from, kind, glance, { ...options, ...most(1) })
  const asked = quick.asked + 1
  if (quick.scenario === pair.named.scenario || options.stopped?.() === true) return { ...quick, asked, result: best }
  const last = await differing(pair, quick.scenario, kind, each => looker.look(each))
  if (last !== undefined) return { ...quick, asked, result: last }
  best = result
  const look: Looking = { look: each => looker.look(each), found }
  const careful = await shrunk(pair, pair.named.scenario, kind, look, { ...options, ...most(asked) })
  return { ...careful, asked: asked + careful.asked, result: best }
}

/** What happens after the first difference has not made it. The whole, where that is not so. */
async function beginning(pair: Pair, { divergences }: ParityResult, kind: string, { look, found }: Looking) {
  const { scenario } = pair.named
  const [first] = divergences
  const until = first === undefined ? Number.POSITIVE_INFINITY : timeOf(first)
  let cut = scenario
  for (let i = scenario.steps.length - 1; i >= 0; i--) {
    if (durationNs(scenario.steps[i]!.at) > until) cut = withoutSteps(cut, i, i + 1)
  }
  const end = Math.ceil((until + AFTERWARDS_NS) / 1e9)
  if (end * 1e9 < durationNs(scenario.duration)) cut = { ...cut, duration: `${end}s` }
  const result = cut === scenario ? undefined : await differing(pair, cut, kind, look)
  if (result === undefined) return scenario
  found(result)
  return cut
}

interface Looking {
  readonly look: Look
  readonly found: (result: ParityResult) => void
}

function shrunk(
  pair: Pair,
  from: Scenario,
  kind: string,
  { look, found }: Looking,
  options: ShrinkOptions,
): Promise<Shrunk> {
  const holds = async (candidate: Scenario): Promise<boolean> => {
    const again = await differing(pair, candidate, kind, look)
    if (again !== undefined) found(again)
    return again !== undefined
  }
  const can = (candidate: Scenario) => checkScenario(candidate).length === 0
  return shrinkScenario(from, holds, { ...options, can })
}

/** What comes of it where it differs in this way. What can not be compared does not. */
async function differing(pair: Pair, scenario: Scenario, kind: string, look: Look): Promise<ParityResult | undefined> {
  const [a, b] = [playing(pair.a, scenario), playing(pair.b, scenario)]
  if (!isDifferent(a, b, scenario)) return undefined
  try {
    const again = await look({ ...pair, named: { id: pair.named.id, scenario }, a, b })
    if ('lacks' in again || again.outcome !== 'differs') return undefined
    return differenceKind(again.divergences[0]) === kind ? again : undefined
  } catch {
    // A guest that can not be prepared for it.
    return undefined
  }
}

const playing = (cast: Cast, { hosts, nats = {}, routers = {} }: Scenario): Cast =>
  Object.fromEntries(Object.entries(cast).filter(([name]) => name in { ...hosts, ...nats, ...routers }))

const isDifferent = (a: Cast, b: Cast, { hosts, nats = {} }: Scenario) =>
  Object.keys({ ...hosts, ...nats }).some(name => (a[name] ?? 'ours') !== (b[name] ?? 'ours'))

/**
 * What a difference is about, in a word. What one sends and the other does not may come back as a matter of time: that is
 * the same kind.
 */
export function differenceKind(divergence: Divergence | undefined): string {
  if (divergence === undefined) return 'nothing'
  if (divergence.kind === 'check') return `check ${divergence.check}`
  return `message ${(divergence.a ?? divergence.b)?.message ?? ''}`
}
