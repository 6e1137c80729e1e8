/** Who wants to be called next: one deadline for each box, in the order (time, class, name). */
import { type Instant, NEVER } from '../impl/box.ts'

const SMALLEST = 16

/**
 * A heap over slots that knows where each slot stands, so that a deadline moves in O(log n). Four children a node, and the
 * times in the order of the heap: with 100,000 slots it is the memory that is slow, so everything is in typed arrays. Slots are handed out by `add`. Ties are broken by class, then by name (UTF-16 order), never by the order of adding.
 */
export class Deadlines {
  /** By slot. */
  #time = new Float64Array(SMALLEST)
  #rank = new Int32Array(SMALLEST)
  /** Slot to its place in the heap; -1: waits for nothing. */
  #place = new Int32Array(SMALLEST)
  readonly #class: number[] = []
  readonly #name: string[] = []
  /** By place in the heap: the slot, its time, and its rank: who is first at one instant, which with many machines is the rule. */
  #heap = new Int32Array(SMALLEST)
  #times = new Float64Array(SMALLEST)
  #ranks = new Int32Array(SMALLEST)
  /** Slots in the heap. */
  #size = 0
  /** Slots in the order (class, name). */
  #ranked: number[] = []
  readonly #unranked: number[] = []

  /** A new slot that waits for nothing. */
  add(boxClass: number, name: string): number {
    const slot = this.#class.length
    if (slot === this.#time.length) this.#grow(2 * slot)
    this.#time[slot] = NEVER
    this.#rank[slot] = -1
    this.#place[slot] = -1
    this.#class.push(boxClass)
    this.#name.push(name)
    this.#unranked.push(slot)
    return slot
  }

  /** Moves the deadline of a slot; NEVER takes it out. */
  set(slot: number, time: Instant): void {
    const before = this.#time[slot]
    if (before === time) return
    if (this.#unranked.length > 0) this.#rankAll()
    this.#time[slot] = time
    const place = this.#place[slot] as number
    if (time === NEVER) this.#remove(slot, place)
    else if (place < 0) this.#up(slot, this.#size++)
    else if (time < (before as number)) this.#up(slot, place)
    else this.#down(slot, place)
  }

  /** The slot that is due first, or -1. */
  first(): number {
    return this.#size === 0 ? -1 : (this.#heap[0] as number)
  }

  time(slot: number): Instant {
    return this.#time[slot] as Instant
  }

  /** Slots in the order (class, name). */
  ordered(slots: readonly number[]): number[] {
    return slots.toSorted((a, b) => this.#compare(a, b))
  }

  #remove(slot: number, place: number): void {
    if (place < 0) return
    this.#place[slot] = -1
    const last = this.#heap[--this.#size] as number
    if (last === slot) return
    this.#up(last, place)
    this.#down(last, this.#place[last] as number)
  }

  #up(slot: number, from: number): void {
    const times = this.#times
    const ranks = this.#ranks
    const time = this.#time[slot] as number
    const rank = this.#rank[slot] as number
    let place = from
    while (place > 0) {
      const parent = (place - 1) >> 2
      const due = times[parent] as number
      if (due < time || (due === time && (ranks[parent] as number) < rank)) break
      this.#move(parent, place)
      place = parent
    }
    this.#put(slot, time, rank, place)
  }

  #down(slot: number, from: number): void {
    const size = this.#size
    const times = this.#times
    const ranks = this.#ranks
    const time = this.#time[slot] as number
    const rank = this.#rank[slot] as number
    let place = from
    for (;;) {
      const first = 4 * place + 1
      if (first >= size) break
      const child = this.#earliest(first, Math.min(first + 4, size))
      const due = times[child] as number
      if (time < due || (time === due && rank < (ranks[child] as number))) break
      this.#move(child, place)
      place = child
    }
    this.#put(slot, time, rank, place)
  }

  /** The place of the earliest of some places in a row. */
  #earliest(from: number, to: number): number {
    const times = this.#times
    const ranks = this.#ranks
    let best = from
    let earliest = times[from] as number
    for (let place = from + 1; place < to; place++) {
      const due = times[place] as number
      if (due > earliest || (due === earliest && (ranks[place] as number) > (ranks[best] as number))) continue
      best = place
      earliest = due
    }
    return best
  }

  #move(from: number, to: number): void {
    this.#put(this.#heap[from] as number, this.#times[from] as number, this.#ranks[from] as number, to)
  }

  #put(slot: number, time: number, rank: number, place: number): void {
    this.#heap[place] = slot
    this.#times[place] = time
    this.#ranks[place] = rank
    this.#place[slot] = place
  }

  #grow(length: number): void {
    this.#time = grown(this.#time, new Float64Array(length))
    this.#times = grown(this.#times, new Float64Array(length))
    this.#rank = grown(this.#rank, new Int32Array(length))
    this.#ranks = grown(this.#ranks, new Int32Array(length))
    this.#place = grown(this.#place, new Int32Array(length))
    this.#heap = grown(this.#heap, new Int32Array(length))
  }

  /** Gives new slots their rank. The others keep their relative order, so the heap stays one. */
  #rankAll(): void {
    const added = this.#unranked.sort((a, b) => this.#compare(a, b))
    const merged: number[] = []
    let next = 0
    for (const slot of this.#ranked) {
      for (let other = added[next]; other !== undefined && this.#compare(other, slot) < 0; other = added[++next])
        merged.push(other)
      merged.push(slot)
    }
    merged.push(...added.slice(next))
    this.#ranked = merged
    this.#unranked.length = 0
    for (const [rank, slot] of merged.entries()) {
      this.#rank[slot] = rank
      const place = this.#place[slot] as number
      if (place >= 0) this.#ranks[place] = rank
    }
  }

  #compare(a: number, b: number): number {
    const byClass = (this.#class[a] as number) - (this.#class[b] as number)
    if (byClass !== 0) return byClass
    const nameA = this.#name[a] as string
    const nameB = this.#name[b] as string
    return nameA === nameB ? a - b : nameA < nameB ? -1 : 1
  }
}

/** The larger array, with the values of the smaller one. */
function grown<T extends Float64Array | Int32Array>(from: T, to: T): T {
  to.set(from)
  return to
}
