/** Random scenarios under two casts; the first that differs is made as small as can be. */

import { chanceOf } from '../scenarios/generate/chance.ts'
import { generateScenario } from '../scenarios/generate/scenario.ts'
import type { KnownDifference, ParityResult } from '../scenarios/language/parity.ts'
import type { NamedScenario } from '../scenarios/language/scenario.ts'
import { nthSeed } from './jobs.ts'
import type { Seating } from './parity.ts'
import type { Crew } from './parity-crew.ts'
import { Looker } from './parity-look.ts'
import type { Pair } from './parity-pair.ts'
import { type Smallest, smallerPair } from './parity-smaller.ts'
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
  /** Told of each when it is known. */
  readonly onResult?: (result: ParityResult) => void
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
    const looker = new Looker(options.crew)
    try {
      for (let at = next++; at < count && lacks === undefined; at = next++) {
        if (found !== undefined && options.first === true) return
        const pair = pairOf(options, nthSeed(options.seed, at))
        if (pair === undefined) continue
        const result = await looker.look(pair)
        if ('lacks' in result) {
          lacks = result.lacks
          return
        }
        results.push(result)
        options.onResult?.(result)
        if (result.outcome === 'differs') found ??= { pair, result }
        progress.say(`${results.length}/${count}  ${results.filter(each => each.outcome === 'differs').length} differ`)
      }
    } finally {
      await looker.close()
    }
  }
  try {
    await Promise.all(Array.from({ length: jobs }, work))
    if (lacks !== undefined) return { results, lacks }
    if (found === undefined) return { results }
    progress.say(`making ${found.pair.named.id} smaller`)
    const looker = new Looker(options.crew)
    try {
      const most = options.questions ?? MOST_QUESTIONS
      return { results, smallest: await smallerPair(found.pair, found.result, looker, { most }) }
    } finally {
      await looker.close()
    }
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
