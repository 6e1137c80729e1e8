/** Random scenarios under two casts; the first that differs is made as small as can be. */

import { chanceOf } from '../scenarios/generate/chance.ts'
import { generateScenario } from '../scenarios/generate/scenario.ts'
import { shrinkScenario } from '../scenarios/generate/shrink.ts'
import type { Divergence, KnownDifference, ParityResult } from '../scenarios/language/parity.ts'
import type { NamedScenario, Scenario } from '../scenarios/language/scenario.ts'
import { checkScenario } from '../sim/check.ts'
import { nthSeed } from './jobs.ts'
import type { Seating } from './parity.ts'
import type { Crew } from './parity-crew.ts'
import { comparePair, type Pair } from './parity-pair.ts'
import { createProgress } from './progress.ts'
import { quoted } from './reproduce.ts'

export interface GeneratedOptions {
  readonly count: number
  readonly seed: string
  readonly jobs: number
  readonly draws: number
  readonly crew: Crew
  /** Who plays what in a scenario; a text: why nobody can. */
  readonly seats: (named: NamedScenario) => readonly Seating[] | string
  /** Words of the command line that says so again. */
  readonly words: readonly string[]
  readonly faulty?: Pair['faulty']
  /** Stop after the first that differs. Default: go on. */
  readonly first?: boolean
  /** How many comparisons may be spent on making it smaller. Default 80. */
  readonly questions?: number
}

export interface Smallest {
  readonly scenario: Scenario
  readonly result: ParityResult
  /** How often two runs were compared for it. */
  readonly asked: number
}

export interface GeneratedRun {
  readonly results: readonly ParityResult[]
  /** Of the first that differs. */
  readonly smallest?: Smallest
  readonly lacks?: string
}

const NONE: readonly KnownDifference[] = []
const MOST_QUESTIONS = 80

/** Compares scenarios of so many seeds, counted up; in each, the seat is the seed's choice where there are several. */
export async function runGenerated(options: GeneratedOptions): Promise<GeneratedRun> {
  const { count, jobs } = options
  const results: ParityResult[] = []
  const progress = createProgress()
  let next = 0
  let lacks: string | undefined
  let found: { readonly pair: Pair; readonly result: ParityResult } | undefined
  const work = async () => {
    for (let at = next++; at < count && lacks === undefined; at = next++) {
      if (found !== undefined && options.first === true) return
      const pair = pairOf(options, nthSeed(options.seed, at))
      if (pair === undefined) continue
      const result = await options.crew.with(guests => comparePair(pair, guests))
      if ('lacks' in result) {
        lacks = result.lacks
        return
      }
      results.push(result)
      if (result.outcome === 'differs') found ??= { pair, result }
      progress.say(`${results.length}/${count}  ${results.filter(each => each.outcome === 'differs').length} differ`)
    }
  }
  try {
    await Promise.all(Array.from({ length: jobs }, work))
    if (lacks !== undefined) return { results, lacks }
    if (found === undefined) return { results }
    progress.say(`making ${found.pair.named.id} smaller`)
    return { results, smallest: await smallest(found.pair, found.result, options) }
  } finally {
    progress.end()
  }
}

function pairOf({ seats, draws, words, faulty }: GeneratedOptions, seed: string): Pair | undefined {
  const named = generateScenario(seed)
  const seated = seats(named)
  if (typeof seated === 'string') return undefined
  const seating = seated[chanceOf(`seat/${seed}`).below(seated.length)]
  if (seating === undefined) return undefined
  const reproduce = `npx wglab parity ${['--generated', '1', '--seed', seed, ...words].map(quoted).join(' ')}`
  const pair = { named, seed, ...seating, known: NONE, draws, reproduce }
  return faulty === undefined ? pair : { ...pair, faulty }
}

/** The same kind of difference must stay, else another is found on the way. */
async function smallest(
  pair: Pair,
  result: ParityResult,
  { crew, questions = MOST_QUESTIONS }: GeneratedOptions,
): Promise<Smallest> {
  const kind = kindOf(result.divergences[0])
  let last = result
  const { scenario, asked } = await shrinkScenario(
    pair.named.scenario,
    async candidate => {
      if (Object.keys(candidate.hosts).length < 2 || checkScenario(candidate).length > 0) return false
      const hosts = Object.keys(candidate.hosts)
      const b = Object.fromEntries(Object.entries(pair.b).filter(([host]) => hosts.includes(host)))
      if (Object.keys(b).length === 0) return false
      const smaller = { ...pair, named: { id: pair.named.id, scenario: candidate }, b }
      const again = await crew.with(guests => comparePair(smaller, guests))
      if ('lacks' in again || again.outcome !== 'differs' || kindOf(again.divergences[0]) !== kind) return false
      last = again
      return true
    },
    questions,
  )
  return { scenario, result: last, asked }
}

function kindOf(divergence: Divergence | undefined): string {
  if (divergence === undefined) return ''
  if (divergence.kind === 'check') return 'check'
  const message = (divergence.a ?? divergence.b)?.message ?? ''
  // What one sends and the other does not may come back as a matter of time.
  return message
}
