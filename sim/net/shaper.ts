/**
 * Decides packet by packet what a cable sends next: for disciplines that look at the wait, for limits in bytes, and for
 * token buckets. What it sends goes into the cable's queue, which then never has to wait.
 */
import { type Instant, NEVER } from '../../impl/box.ts'
import type { Packet } from '../node.ts'
import { Bucket } from './bucket.ts'
import { type Discipline, DropTail, type Lost, type Parcel } from './discipline.ts'
import type { Queue } from './queue.ts'

export interface ShaperLimits {
  /** Packets that wait. */
  readonly packets: number
  readonly bytes: number
  /** Bits per second. */
  readonly rate: number
  /** Bytes of the token bucket; undefined: each packet takes its time on the cable. */
  readonly burst: number | undefined
}

export class Shaper {
  readonly #queue: Queue
  readonly #lost: Lost
  #discipline: Discipline = new DropTail()
  #limits: ShaperLimits = { packets: 1, bytes: 1, rate: 1, burst: undefined }
  #bucket: Bucket | undefined
  /** Chosen to be the next, and waits for tokens. */
  #held: Parcel | undefined

  constructor(queue: Queue, lost: Lost) {
    this.#queue = queue
    this.#lost = lost
  }

  /** New limits, and a new discipline where one is given: it takes over those that wait. */
  set(now: Instant, limits: ShaperLimits, discipline: Discipline | undefined): void {
    this.#limits = limits
    if (limits.burst === undefined) this.#bucket = undefined
    else {
      this.#bucket ??= new Bucket()
      this.#bucket.set(now, limits.rate, limits.burst)
    }
    if (discipline === undefined) return
    const waiting = this.#discipline.clear()
    this.#discipline = discipline
    for (const parcel of waiting) discipline.push(now, parcel)
  }

  push(now: Instant, parcel: Parcel): void {
    this.pump(now)
    const { length, bytes } = this.#waiting()
    const size = parcel.packet.bytes.length
    const idle = length === 0 && this.#canSend(now, size)
    if (length >= this.#limits.packets || (!idle && bytes + size > this.#limits.bytes)) {
      this.#lost(now, parcel.packet, 'queue-full')
      return
    }
    this.#discipline.push(now, parcel)
    this.pump(now)
  }

  /** Takes one that waited elsewhere already: no limit turns it away. */
  adopt(now: Instant, parcel: Parcel): void {
    this.#discipline.push(now, parcel)
  }

  /** Sends all that can be sent by now. */
  pump(now: Instant): void {
    for (;;) {
      if (this.#held === undefined) {
        if (this.#queue.free > now) return
        this.#held = this.#discipline.shift(now)
        if (this.#held === undefined) return
      }
      const { packet, via, jitter, loose } = this.#held
      const { length } = packet.bytes
      if (this.#bucket !== undefined) {
        if (this.#bucket.readyAt(now, length) > now) return
        this.#bucket.take(now, length)
      }
      this.#held = undefined
      this.#queue.push(now, packet, via, jitter, loose)
    }
  }

  /** All that waits leaves. */
  clear(): Parcel[] {
    const held = this.#held
    this.#held = undefined
    const all = this.#discipline.clear()
    return held === undefined ? all : [held, ...all]
  }

  *holding(): Generator<Packet> {
    if (this.#held !== undefined) yield this.#held.packet
    for (const { packet } of this.#discipline.holding()) yield packet
  }

  /** When the next one can be sent. */
  deadline(now: Instant): Instant {
    if (this.#held !== undefined && this.#bucket !== undefined)
      return this.#bucket.readyAt(now, this.#held.packet.bytes.length) as Instant
    return this.#discipline.length === 0 ? NEVER : (Math.max(now, this.#queue.free) as Instant)
  }

  /** Packets that wait. */
  get length(): number {
    return this.#waiting().length
  }

  #waiting(): { readonly length: number; readonly bytes: number } {
    const { length, bytes } = this.#discipline
    const held: Packet | undefined = this.#held?.packet
    return held === undefined ? { length, bytes } : { length: length + 1, bytes: bytes + held.bytes.length }
  }

  #canSend(now: Instant, size: number): boolean {
    return this.#bucket === undefined ? this.#queue.free <= now : this.#bucket.readyAt(now, size) <= now
  }
}
