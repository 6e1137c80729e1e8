/** Events on their way to the main thread: one message for all of a round, and a flood of drops in few words. */

import type { DropReason } from '../../drops.ts'
import type { PublicKey } from '../../key.ts'
import type { PlaneEvent } from '../dataplane.ts'

/** Drops that are told one by one in a second; a flood of bad packets must not fill the main thread's memory. */
const DROPS_A_SECOND = 1000
/** Of peer and reason, counted by hand: more, and the second is over early. */
const MOST_COUNTERS = 10_000

interface Counter {
  readonly peer: PublicKey | undefined
  readonly reason: DropReason
  count: number
}

export class Gathered {
  readonly #tell: (events: readonly PlaneEvent[]) => void
  readonly #now_ms: () => number
  #events: PlaneEvent[] = []
  #second = 0
  #drops = 0
  readonly #untold = new Map<string, Counter>()

  constructor(tell: (events: readonly PlaneEvent[]) => void, now_ms: () => number = () => performance.now()) {
    this.#tell = tell
    this.#now_ms = now_ms
  }

  add(event: PlaneEvent): void {
    if (event.kind !== 'drop' || this.#drops++ < DROPS_A_SECOND) {
      this.#events.push(event)
      return
    }
    const { peer, reason } = event
    const key = `${peer ?? ''} ${reason}`
    const counter = this.#untold.get(key)
    if (counter !== undefined) counter.count++
    else this.#untold.set(key, { peer, reason, count: 1 })
  }

  /** `all`: also the counts, which else wait for the end of the second. */
  send(all: boolean): void {
    const second = this.#drops === 0 ? this.#second : Math.floor(this.#now_ms() / 1000)
    if (second !== this.#second) {
      this.#second = second
      this.#drops = 0
      this.#count()
    } else if (all || this.#untold.size > MOST_COUNTERS) this.#count()
    if (this.#events.length === 0) return
    this.#tell(this.#events)
    this.#events = []
  }

  #count(): void {
    for (const { peer, reason, count } of this.#untold.values()) {
      this.#events.push({ kind: 'drops', reason, count, ...(peer === undefined ? {} : { peer }) })
    }
    this.#untold.clear()
  }
}
