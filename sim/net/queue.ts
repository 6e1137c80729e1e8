/**
 * The queue before a cable and the cable behind it, in virtual time. A packet waits until those before it are serialised,
 * is serialised at the rate, and is then on its way for the delay and its jitter. All instants are computed when the packet
 * comes, so one packet costs one wake-up; when the rate or the delay changes they are computed anew for those that wait.
 */
import { type Instant, instant, NEVER } from '../../impl/box.ts'
import type { LinkOutput, Packet } from '../node.ts'
import { type Due, Heap, isBefore } from './heap.ts'
import { Ring } from './ring.ts'

/** A packet in the queue or on the way; handed out as it is when it arrives. */
interface Flight extends Due {
  readonly kind: 'packet'
  readonly packet: Packet
  readonly via: Uint8Array | undefined
  /** It jumps the queue of arrivals: reorder was on when it came, or it was chosen to go ahead. */
  readonly loose: boolean
  readonly jitter: number
  /** When its first bit is sent, and when its last bit is there. */
  start: number
  due: number
}

/** What a packet that waits is known by. */
export type Waiting = Pick<Flight, 'packet' | 'via' | 'jitter' | 'loose'>

export class Queue {
  /** Bits per second; undefined: infinite. */
  #rate: number | undefined
  #delay = 0
  #limit = 1
  #reorder = false
  /** When the cable has sent the last bit of all that came so far. */
  #free = 0
  /** Arrival of the last packet that keeps the order. */
  #last = 0
  #seq = 0
  /** In the order of their arrival. */
  readonly #line = new Ring<Flight>()
  /** Those that may overtake; made with the first of them: most cables keep the order. */
  #loose: Heap<Flight> | undefined
  /** Those of `line` and `loose` whose first bit was not sent yet; made with the first of them: most cables are idle. */
  #waiting: Ring<Flight> | undefined

  /** The properties from now on. Those that wait take the new rate and delay; those on their way stay as they are. */
  set(now: Instant, properties: { rate: number | undefined; delay_ns: number; queue: number; reorder: boolean }): void {
    this.#settle(now)
    this.#limit = properties.queue
    this.#reorder = properties.reorder
    if (this.#rate === properties.rate && this.#delay === properties.delay_ns) return
    this.#rate = properties.rate
    this.#delay = properties.delay_ns
    if (this.#waitingCount() > 0) this.#replan(now)
  }

  /** When the cable has sent all that it was given. */
  get free(): number {
    return this.#free
  }

  /** False: the queue is full. `jitter` may be negative: the delay is then shorter, down to nothing. */
  push(now: Instant, packet: Packet, via: Uint8Array | undefined, jitter: number, loose = this.#reorder): boolean {
    this.#settle(now)
    if (this.#waitingCount() >= this.#limit) return false
    const flight: Flight = {
      kind: 'packet',
      packet,
      via,
      seq: this.#seq++,
      loose,
      jitter,
      start: 0,
      due: 0,
    }
    this.#plan(now, flight)
    this.#take(now, flight)
    return true
  }

  /** All that waits leaves; what is on its way stays. */
  flush(now: Instant): readonly Waiting[] {
    this.#settle(now)
    const all = this.#takeWaiting()
    const [first] = all
    // The cable is free when the one on it is done: that is when the first of those that waited would have started.
    if (first !== undefined) this.#free = first.start
    return all
  }

  /** The next packet that has arrived. */
  poll(now: Instant): LinkOutput | undefined {
    const line = this.#line.peek()
    const loose = this.#loose?.peek()
    if (loose !== undefined && loose.due <= now && (line === undefined || isBefore(loose, line)))
      return this.#loose?.pop()
    return line !== undefined && line.due <= now ? this.#line.shift() : undefined
  }

  deadline(): Instant {
    const line = this.#line.peek()?.due ?? NEVER
    if (this.#loose === undefined) return line as Instant
    return Math.min(line, this.#loose.peek()?.due ?? NEVER) as Instant
  }

  /** All that wait or are on their way. */
  *holding(): Generator<Packet> {
    for (let i = 0; i < this.#line.length; i++) yield this.#line.at(i)!.packet
    for (const flight of this.#loose?.items() ?? []) yield flight.packet
  }

  /** Packets that wait for the rate. */
  waiting(now: Instant): number {
    this.#settle(now)
    return this.#waitingCount()
  }

  /** Fills in when the packet starts and arrives. */
  #plan(now: number, flight: Flight): void {
    flight.start = Math.max(this.#free, now)
    this.#free = flight.start + this.#serialisation(flight.packet.bytes.length)
    flight.due = instant(this.#free + Math.max(0, this.#delay + flight.jitter))
    if (flight.loose) return
    if (flight.due < this.#last) flight.due = this.#last
    this.#last = flight.due
  }

  /** Nanoseconds, rounded up. Exact: 65535 bytes are below 2^49 bit-nanoseconds. */
  #serialisation(bytes: number): number {
    return this.#rate === undefined ? 0 : Math.ceil((bytes * 8e9) / this.#rate)
  }

  /** Those whose first bit is sent wait no longer. */
  #settle(now: number): void {
    const waiting = this.#waiting
    if (waiting === undefined) return
    for (let next = waiting.peek(); next !== undefined && next.start <= now; next = waiting.peek()) waiting.shift()
  }

  #replan(now: number): void {
    const all = this.#takeWaiting()
    // The packet on the cable is sent at the rate it began with.
    this.#free = all[0]!.start
    for (const flight of all) {
      this.#plan(now, flight)
      this.#take(now, flight)
    }
  }

  #waitingCount(): number {
    return this.#waiting === undefined ? 0 : this.#waiting.length
  }

  /** Puts a planned packet where it belongs. */
  #take(now: number, flight: Flight): void {
    if (flight.loose) {
      this.#loose ??= new Heap()
      this.#loose.push(flight)
    } else this.#line.push(flight)
    if (flight.start <= now) return
    this.#waiting ??= new Ring()
    this.#waiting.push(flight)
  }

  /** Takes those that wait out of everything, in the order they came. */
  #takeWaiting(): Flight[] {
    const all: Flight[] = []
    for (let next = this.#waiting?.shift(); next !== undefined; next = this.#waiting?.shift()) all.push(next)
    const first = all[0]?.seq
    if (first === undefined) return all
    for (let newest = this.#line.at(this.#line.length - 1); newest !== undefined && newest.seq >= first; ) {
      this.#line.pop()
      newest = this.#line.at(this.#line.length - 1)
    }
    for (const flight of this.#loose?.clear() ?? []) if (flight.seq < first) this.#loose?.push(flight)
    this.#last = this.#line.at(this.#line.length - 1)?.due ?? 0
    return all
  }
}
