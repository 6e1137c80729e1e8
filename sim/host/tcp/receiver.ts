/** The receiving half: puts the stream in order, decides when to acknowledge, and how much room to offer. */
import { type Instant, later, NEVER, NS_PER_MS } from '../../../impl/box.ts'
import type { Header } from './segment.ts'
import { wireOf } from './sequence.ts'

/** Linux TCP_DELACK_MIN. RFC 9293 §3.8.6.3 allows 500 ms. */
const DELAY_NS = 40 * NS_PER_MS
/** Linux acknowledges the first ones at once, so that a window that starts small grows soon (tcp_enter_quickack_mode). */
const QUICK = 16

/** Waits for what comes before it. */
interface Held {
  readonly from: number
  readonly to: number
  readonly bytes: Uint8Array
}

export class Receiver {
  /** The place that is expected next. */
  next = 0
  /** Where the stream of the other side ends, its FIN included; undefined: it has not said. */
  end: number | undefined
  /** Bytes that the program has not taken. */
  unread = 0
  readonly #room: number
  readonly #take: (bytes: Uint8Array) => void
  /** In the order of the stream, without overlaps. */
  #held: Held[] = []
  #heldBytes = 0
  /** Where the last one that had to wait begins: its block is told first (RFC 2018 §4). */
  #recent = 0
  /** What was acknowledged last. */
  #told = 0
  /** The right edge that was offered. */
  #offered = 0
  #unacknowledged = 0
  #quick = QUICK
  /** When a delayed acknowledgement is due. */
  due: Instant = NEVER
  /** To be acknowledged at once. */
  urgent = false

  /** `room`: bytes of the buffer. `take` gets the stream in order. */
  constructor(room: number, take: (bytes: Uint8Array) => void) {
    this.#room = room
    this.#take = take
  }

  /** The other side's SYN: the stream begins at place 1. */
  begin(): void {
    this.next = 1
    this.#told = 1
    this.#offered = 1
  }

  get finished(): boolean {
    return this.end !== undefined && this.next === this.end
  }

  /** Whether some of [from, to) is inside what was offered (RFC 9293 §3.10.7.4). */
  accepts(from: number, to: number): boolean {
    const edge = Math.max(this.#offered, this.next)
    // As Linux: what was on its way while we acknowledged is no question. A question begins before that.
    if (to === from) return from >= this.#told && from <= edge
    return to > this.next && from < edge
  }

  /** Data that is accepted; what lies beyond the window is cut off. True: the stream has grown. */
  data(now: Instant, from: number, bytes: Uint8Array, fin: boolean): boolean {
    if (fin) this.end ??= from + bytes.length + 1
    const over = from + bytes.length - Math.max(this.#offered, this.next)
    const kept = over > 0 ? bytes.subarray(0, bytes.length - over) : bytes
    if (from > this.next) {
      this.#hold(from, kept)
      this.urgent = true
      return false
    }
    const fresh = from + kept.length - this.next
    // Nothing new: the acknowledgement was lost, or it came twice.
    if (fresh <= 0 && !(fin && !this.finished)) {
      this.urgent = true
      return false
    }
    // A gap that is filled is told at once (RFC 5681 §4.2).
    if (this.#held.length > 0 || fin) this.urgent = true
    if (fresh > 0) this.#give(fresh < kept.length ? kept.subarray(kept.length - fresh) : kept)
    this.#release()
    if (this.end !== undefined && this.next === this.end - 1) this.next = this.end
    this.#schedule(now)
    return true
  }

  /** What to write into a segment that leaves: everything until now is acknowledged by it. Bytes, unscaled. */
  acknowledged(mss: number): number {
    this.urgent = false
    this.due = NEVER
    this.#told = this.next
    this.#unacknowledged = 0
    return this.offer(mss)
  }

  /** The window: never less than was promised, and no small steps (RFC 9293 §3.8.6.2.2). */
  offer(mss: number): number {
    const free = Math.max(0, this.#room - this.unread - this.#heldBytes)
    const edge = this.next + free
    if (edge >= this.#offered + Math.min(mss, this.#room >>> 1) || this.#offered < this.next) {
      this.#offered = Math.max(edge, this.#offered, this.next)
    }
    return this.#offered - this.next
  }

  /** The program has taken bytes; true: the other side should hear that there is room again. */
  read(bytes: number, mss: number): boolean {
    this.unread -= Math.min(bytes, this.unread)
    const before = this.#offered - this.next
    return this.offer(mss) >= before + Math.min(2 * mss, this.#room >>> 1)
  }

  /** Something waits for what comes before it. */
  get waits(): boolean {
    return this.#held.length > 0
  }

  /** Up to `most` blocks that wait, the latest first. `first`: the number of place 0. */
  writeSacks(header: Header, first: number, most: number): void {
    header.sackCount = 0
    if (this.#held.length === 0) return
    const starts: number[] = []
    const ends: number[] = []
    let place = 0
    for (const { from, to } of this.#held) {
      if (ends.length > 0 && ends.at(-1) === from) ends[ends.length - 1] = to
      else {
        starts.push(from)
        ends.push(to)
      }
      if (from <= this.#recent) place = starts.length - 1
    }
    for (let i = 0; i < Math.min(starts.length, most); i++) {
      const block = (place + i) % starts.length
      header.sacks[2 * i] = wireOf(starts[block]!, first)
      header.sacks[2 * i + 1] = wireOf(ends[block]!, first)
      header.sackCount++
    }
  }

  #give(bytes: Uint8Array): void {
    this.next += bytes.length
    this.unread += bytes.length
    this.#take(bytes)
  }

  #hold(from: number, bytes: Uint8Array): void {
    let start = from
    let end = from + bytes.length
    let at = this.#held.length
    while (at > 0 && this.#held[at - 1]!.from > from) at--
    const before = this.#held[at - 1]
    if (before !== undefined) start = Math.max(start, before.to)
    this.#recent = from
    // What the next ones do not have yet; a segment that spans several of them is a rare thing: it fills one gap at a time.
    const after = this.#held[at]
    if (after !== undefined) end = Math.min(end, after.from)
    if (end > start) {
      this.#held.splice(at, 0, { from: start, to: end, bytes: bytes.subarray(start - from, end - from) })
      this.#heldBytes += end - start
    }
  }

  #release(): void {
    let count = 0
    for (const { from, to, bytes } of this.#held) {
      if (from > this.next) break
      count++
      this.#heldBytes -= to - from
      if (to > this.next) this.#give(bytes.subarray(this.next - from))
    }
    if (count > 0) this.#held.splice(0, count)
  }

  #schedule(now: Instant): void {
    if (this.#quick > 0) {
      this.#quick--
      this.urgent = true
    } else if (++this.#unacknowledged >= 2) this.urgent = true
    else this.due = later(now, DELAY_NS)
  }
}
