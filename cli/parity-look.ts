/** Many comparisons one after the other, as fast as they can be had, each answer as good as one with guests of its own. */
import type { ParityResult } from '../scenarios/language/parity.ts'
import type { Guests, Lacks } from './guests.ts'
import type { Crew } from './parity-crew.ts'
import { comparePair, type Pair } from './parity-pair.ts'
import { type ReusedGuests, reuseGuests } from './parity-reuse.ts'

/** Most of what is chance is so at the first draws; the others are left to the second look. */
const FIRST_DRAWS = 2

export class Looker {
  readonly #crew: Crew
  #guests: Guests | undefined
  #reused: ReusedGuests | undefined

  constructor(crew: Crew) {
    this.#crew = crew
  }

  /**
   * First with guests that have played before. What differs there, or fails, is asked again of fresh ones, and their answer
   * counts: it is what the command that is told for it will show.
   */
  async look(pair: Pair): Promise<ParityResult | Lacks> {
    const first = await this.#glance({ ...pair, draws: Math.min(pair.draws, FIRST_DRAWS) })
    if (typeof first !== 'string' && ('lacks' in first || first.outcome !== 'differs')) return first
    const fresh = await this.#crew.with(guests => comparePair(pair, guests))
    if ('lacks' in fresh || typeof first === 'string' || fresh.outcome !== 'same') return fresh
    const because = `with a kernel that had been up for longer there was a difference by chance: ${first.because}`
    return { ...fresh, outcome: 'chance', because }
  }

  /** Only with guests that have played before, where they can: for guesses that are looked at once more. */
  async glance(pair: Pair): Promise<ParityResult | Lacks> {
    const first = await this.#glance(pair)
    return typeof first === 'string' ? this.#crew.with(guests => comparePair(pair, guests)) : first
  }

  /** Ends its guests. May be called twice, and looks on afterwards. */
  async close(): Promise<void> {
    const guests = this.#guests
    this.#guests = this.#reused = undefined
    await this.#crew.giveBack(guests)
  }

  /** A text: why there is none. */
  async #glance(pair: Pair): Promise<ParityResult | Lacks | string> {
    const lacks = await this.#ready()
    if (lacks !== undefined) return lacks
    this.#reused?.next()
    try {
      return await comparePair(pair, this.#reused)
    } catch (error) {
      // Asked of fresh guests, and if it is not for the one reason that these have played before, it is told then.
      await this.close()
      return error instanceof Error ? error.message : String(error)
    }
  }

  async #ready(): Promise<Lacks | undefined> {
    if (this.#reused?.spent === true) await this.close()
    if (this.#guests !== undefined) return undefined
    const opened = await this.#crew.borrow()
    if (opened === undefined) return undefined
    if ('lacks' in opened) return opened
    this.#guests = opened
    this.#reused = reuseGuests(opened)
    return undefined
  }
}
