/** Who wants to be woken first, among thousands: a binary heap whose entries may be later than they stand, never earlier. */
import { type Instant, NEVER, rebased } from './box.ts'

export interface Scheduled {
  /** Breaks ties, so that the order is the same in every run. */
  readonly order: number
  /** The truth; it may move later without a word, but a move to earlier must be told with `wake`. */
  earliest(): Instant
  /** The heap's own: the place (−1: not in it) and the instant it stands under. */
  place: number
  stands: Instant
}

export class Deadlines<T extends Scheduled> {
  readonly #heap: T[] = []

  get size(): number {
    return this.#heap.length
  }

  /** `item` wants to be woken at `at`, or earlier if it said so before. Costs nothing when it stands earlier already. */
  wake(item: T, at: Instant): void {
    if (item.place < 0) {
      item.stands = at
      item.place = this.#heap.length
      this.#heap.push(item)
      this.#rise(item)
    } else if (at < item.stands) {
      item.stands = at
      this.#rise(item)
    }
  }

  /** The earliest deadline; NEVER when there is none. */
  next(): Instant {
    for (let top = this.#heap[0]; top !== undefined; top = this.#heap[0]) {
      const truth = top.earliest()
      if (truth <= top.stands) return top.stands
      if (truth === NEVER) {
        this.remove(top)
      } else {
        top.stands = truth
        this.#sink(top)
      }
    }
    return NEVER
  }

  /** The first whose deadline is at or before `now`, undefined when none is. It stays: the caller makes its deadline later. */
  due(now: Instant): T | undefined {
    return this.next() <= now ? this.#heap[0] : undefined
  }

  /** The items' own deadlines are rebased already. */
  rebase(by_ns: number): void {
    for (const item of this.#heap) item.stands = rebased(item.stands, by_ns)
    // What came to stand at the start together has another order now; what is sorted is a heap.
    this.#heap.sort((a, b) => (before(a, b) ? -1 : 1))
    for (const [place, item] of this.#heap.entries()) item.place = place
  }

  remove(item: T): void {
    const { place } = item
    if (place < 0) return
    const last = this.#heap.pop()!
    item.place = -1
    if (last === item) return
    this.#heap[place] = last
    last.place = place
    this.#rise(last)
    this.#sink(last)
  }

  #rise(item: T): void {
    while (item.place > 0) {
      const above = this.#heap[(item.place - 1) >> 1]!
      if (!before(item, above)) return
      this.#swap(item, above)
    }
  }

  #sink(item: T): void {
    for (;;) {
      const left = this.#heap[2 * item.place + 1]
      const right = this.#heap[2 * item.place + 2]
      const below = left !== undefined && right !== undefined && before(right, left) ? right : left
      if (below === undefined || !before(below, item)) return
      this.#swap(below, item)
    }
  }

  #swap(a: T, b: T): void {
    const { place } = a
    a.place = b.place
    b.place = place
    this.#heap[a.place] = a
    this.#heap[b.place] = b
  }
}

function before(a: Scheduled, b: Scheduled): boolean {
  return a.stands < b.stands || (a.stands === b.stands && a.order < b.order)
}
