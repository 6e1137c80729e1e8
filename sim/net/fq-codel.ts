/**
 * Flow queues with controlled delay, RFC 8290: packets are hashed to queues by their outer addresses, protocol and ports;
 * each queue is under CoDel and sends a quantum of bytes in its turn, new queues first.
 */
import { PROTOCOL_TCP, PROTOCOL_UDP } from '../../impl/ip/ipv4.ts'
import { ipLength, ipProtocol, ipVersion, isFragment, transportOffset } from '../../impl/ip/packet.ts'
import { Codel, type CodelOptions } from './codel.ts'
import { type Discipline, emptied, Line, type Lost, type Parcel } from './discipline.ts'
import { Ring } from './ring.ts'

export interface FqCodelOptions extends CodelOptions {
  readonly flows: number
  readonly quantum: number
  /** Packets that wait in all queues together. */
  readonly limit: number
  /** Changes which flows share a queue. A 32-bit word. */
  readonly seed: number
}

interface Flow {
  readonly line: Line
  readonly codel: Codel
  deficit: number
  /** In one of the two lists. */
  active: boolean
}

export class FqCodel implements Discipline {
  readonly #options: FqCodelOptions
  readonly #lost: Lost
  readonly #flows = new Map<number, Flow>()
  readonly #new = new Ring<Flow>()
  readonly #old = new Ring<Flow>()
  #length = 0
  #bytes = 0

  constructor(options: FqCodelOptions, lost: Lost) {
    this.#options = options
    this.#lost = (now, packet, reason, detail) => {
      this.#length--
      this.#bytes -= packet.bytes.length
      lost(now, packet, reason, detail)
    }
  }

  get length(): number {
    return this.#length
  }

  get bytes(): number {
    return this.#bytes
  }

  push(now: number, parcel: Parcel): void {
    const flow = this.#flow(flowHash(parcel.packet.bytes, this.#options.seed) % this.#options.flows)
    flow.line.push(parcel)
    this.#length++
    this.#bytes += parcel.packet.bytes.length
    if (!flow.active) {
      flow.active = true
      flow.deficit = this.#options.quantum
      this.#new.push(flow)
    }
    if (this.#length > this.#options.limit) this.#makeRoom(now)
  }

  shift(now: number): Parcel | undefined {
    for (;;) {
      const fresh = this.#new.length > 0
      const list = fresh ? this.#new : this.#old
      const flow = list.peek()
      if (flow === undefined) return undefined
      if (flow.deficit <= 0) {
        flow.deficit += this.#options.quantum
        list.shift()
        this.#old.push(flow)
        continue
      }
      const parcel = flow.codel.shift(now, flow.line)
      if (parcel !== undefined) {
        const { length } = parcel.packet.bytes
        flow.deficit -= length
        this.#length--
        this.#bytes -= length
        return parcel
      }
      list.shift()
      // A new flow that runs empty goes through the old list first, or it could be new for ever (RFC 8290).
      if (fresh && this.#old.length > 0) this.#old.push(flow)
      else flow.active = false
    }
  }

  clear(): Parcel[] {
    const all: Parcel[] = []
    for (const list of [this.#new, this.#old]) {
      for (let flow = list.shift(); flow !== undefined; flow = list.shift()) {
        flow.active = false
        all.push(...emptied(flow.line))
      }
    }
    this.#length = 0
    this.#bytes = 0
    return all.sort((a, b) => a.came - b.came)
  }

  *holding(): Generator<Parcel> {
    for (const { line } of this.#flows.values()) yield* line.holding()
  }

  #flow(index: number): Flow {
    const known = this.#flows.get(index)
    if (known !== undefined) return known
    const flow = { line: new Line(), codel: new Codel(this.#options, this.#lost), deficit: 0, active: false }
    this.#flows.set(index, flow)
    return flow
  }

  /** The first packet of the longest queue goes (RFC 8290). */
  #makeRoom(now: number): void {
    let longest: Flow | undefined
    for (const flow of this.#flows.values()) {
      if (longest === undefined || flow.line.bytes > longest.line.bytes) longest = flow
    }
    const parcel = longest?.line.shift()
    if (parcel !== undefined) this.#lost(now, parcel.packet, 'queue-full', 'the first of the longest flow')
  }
}

/** A 32-bit hash of addresses, protocol and ports; of fragments without the ports, so that all of a datagram go one way. */
export function flowHash(bytes: Uint8Array, seed: number): number {
  const version = ipVersion(bytes)
  const [from, to] = version === 4 ? [12, 20] : version === 6 ? [8, 40] : [0, 0]
  if (bytes.length < Math.max(to, 20)) return mixed(seed, bytes.length)
  let hash = seed
  for (let at = from; at < to; at++) hash = mixed(hash, bytes[at]!)
  const protocol = ipProtocol(bytes)
  hash = mixed(hash, protocol & 0xff)
  if ((protocol !== PROTOCOL_UDP && protocol !== PROTOCOL_TCP) || isFragment(bytes)) return hash
  const ports = transportOffset(bytes)
  if (ports < 0 || ports + 4 > Math.min(bytes.length, ipLength(bytes))) return hash
  for (let at = ports; at < ports + 4; at++) hash = mixed(hash, bytes[at]!)
  return hash
}

/** One more byte into a hash: every bit of it reaches every bit. */
function mixed(hash: number, byte: number): number {
  let word = Math.imul(hash ^ byte, 0x9e3779b1)
  word = Math.imul(word ^ (word >>> 15), 0x85ebca6b)
  return (word ^ (word >>> 13)) >>> 0
}
