/** A clock that stands still while the machine sleeps (CLOCK_MONOTONIC), beside the world's, which never does. */
import { type Instant, instant, NEVER } from '../../impl/box.ts'

interface Nap {
  /** On the clock that stands still: when it stood. */
  readonly at: Instant
  /** Slept until then, this nap included, ns. */
  readonly total: number
}

export class Sleep {
  readonly #naps: Nap[] = []
  #total = 0

  /** The machine has slept so long, and wakes now. */
  add(now: Instant, slept_ns: number): void {
    if (slept_ns === 0) return
    const at = instant(now - slept_ns - this.#total)
    this.#total += slept_ns
    this.#naps.push({ at, total: this.#total })
  }

  /** What the clock that stands still shows now. */
  inside(now: Instant): Instant {
    return this.#total === 0 ? now : instant(now - this.#total)
  }

  /** When it shows this: what it shows during a nap was true when the nap began. */
  outside(at: Instant): Instant {
    if (this.#total === 0 || at === NEVER) return at
    let slept = 0
    for (const nap of this.#naps) if (at > nap.at) slept = nap.total
    return instant(at + slept)
  }

  /** What happened, with its times in the world's. */
  dated<T extends { readonly due?: Instant }>(event: T): T {
    return this.#total === 0 || event.due === undefined ? event : { ...event, due: this.outside(event.due) }
  }
}
