/** What every queue discipline is to the shaper before a cable, and the plainest of them. */
import type { Packet } from '../node.ts'
import type { NetDrop } from './drops.ts'
import { Ring } from './ring.ts'

/** A packet that waits, with what the cable has decided about its way already. */
export interface Parcel {
  readonly packet: Packet
  readonly via: Uint8Array | undefined
  readonly jitter: number
  /** It may overtake. */
  readonly loose: boolean
  /** When it came into the queue. */
  readonly came: number
}

/** Takes what a discipline drops. */
export type Lost = (now: number, packet: Packet, reason: NetDrop, detail?: string) => void

export interface Discipline {
  /** Packets and bytes that wait. */
  readonly length: number
  readonly bytes: number
  /** Takes a packet, or drops it or another one. */
  push(now: number, parcel: Parcel): void
  /** The next one to be sent, after all that is dropped before it. */
  shift(now: number): Parcel | undefined
  /** Everything leaves, in an order that keeps that of each flow. */
  clear(): Parcel[]
  holding(): Iterable<Parcel>
}

/** A row of packets that knows its bytes. */
export class Line {
  readonly #ring = new Ring<Parcel>()
  #bytes = 0

  get length(): number {
    return this.#ring.length
  }

  get bytes(): number {
    return this.#bytes
  }

  push(parcel: Parcel): void {
    this.#ring.push(parcel)
    this.#bytes += parcel.packet.bytes.length
  }

  *holding(): Generator<Parcel> {
    for (let i = 0; i < this.#ring.length; i++) yield this.#ring.at(i)!
  }

  shift(): Parcel | undefined {
    const parcel = this.#ring.shift()
    if (parcel !== undefined) this.#bytes -= parcel.packet.bytes.length
    return parcel
  }
}

/** First in, first out. Its limits are kept by the shaper. */
export class DropTail implements Discipline {
  readonly #line = new Line()

  get length(): number {
    return this.#line.length
  }

  get bytes(): number {
    return this.#line.bytes
  }

  push(_now: number, parcel: Parcel): void {
    this.#line.push(parcel)
  }

  shift(): Parcel | undefined {
    return this.#line.shift()
  }

  clear(): Parcel[] {
    return emptied(this.#line)
  }

  holding(): Iterable<Parcel> {
    return this.#line.holding()
  }
}

/** Takes everything out of a row. */
export function emptied(line: Line): Parcel[] {
  const all: Parcel[] = []
  for (let parcel = line.shift(); parcel !== undefined; parcel = line.shift()) all.push(parcel)
  return all
}
