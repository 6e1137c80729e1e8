/** Guests for comparisons: fresh ones for each, ended whatever happens. */
import type { Cast } from '../scenarios/language/scenario.ts'
import { isGuest } from '../sim/guest/supports.ts'
import { type Guests, type Lacks, openGuests } from './guests.ts'

export class Crew {
  readonly #needed: Cast
  readonly #open = new Set<Guests>()
  #over = false

  /** The implementations that take part. */
  constructor(implementations: Iterable<string>) {
    const guests = [...new Set(implementations)].filter(isGuest)
    this.#needed = Object.fromEntries(guests.map((name, i) => [`${i}`, name]))
  }

  /** `use` gets undefined where no guest takes part. What the machine lacks is told and `use` not called. */
  async with<T>(use: (guests: Pick<Guests, 'start'> | undefined) => Promise<T>): Promise<T | Lacks> {
    const opened = await this.borrow()
    if (opened !== undefined && 'lacks' in opened) return opened
    try {
      return await use(opened)
    } finally {
      await this.giveBack(opened)
    }
  }

  /** As `with`, for who gives them back himself. */
  async borrow(): Promise<Guests | Lacks | undefined> {
    if (Object.keys(this.#needed).length === 0) return undefined
    if (this.#over) throw new Error('the comparison is over')
    const opened = await openGuests(this.#needed)
    if (!('lacks' in opened)) this.#open.add(opened)
    return opened
  }

  /** Ends them. */
  async giveBack(guests: Guests | undefined): Promise<void> {
    if (guests === undefined) return
    await guests.stop()
    this.#open.delete(guests)
  }

  /** Ends all guests, also those of comparisons that go on: they fail. */
  async stop(): Promise<void> {
    this.#over = true
    await Promise.all([...this.#open].map(guests => guests.stop()))
  }
}
