/**
 * Putting IP fragments together, of both families, as Linux does (inet_frag_queue_insert): what lies within a run that is
 * there already is a duplicate and is dropped alone; what overlaps in any other way takes the whole datagram with it
 * (RFC 5722, and Linux for IPv4 as well).
 */
import { type Instant, instant, NEVER } from '../../impl/box.ts'
import { get16 } from '../../impl/ip/bytes.ts'
import { type Fragment, fragmentOf, joinFragments } from '../../impl/ip/fragment.ts'
import { ipv4HeaderLength } from '../../impl/ip/ipv4.ts'
import { ipVersion } from '../../impl/ip/packet.ts'
import type { Packet } from '../node.ts'
import type { NetDrop } from './drops.ts'

/** Linux net.ipv4.ipfrag_time, ns. */
export const IPV4_REASSEMBLY = 30_000_000_000
/** RFC 8200 §4.5, ns. */
export const IPV6_REASSEMBLY = 60_000_000_000
/** Linux net.ipv4.ipfrag_high_thresh, bytes. */
export const REASSEMBLY_MEMORY = 4 * 1024 * 1024

export interface ReassemblyOptions {
  readonly ipv4_ns?: number
  readonly ipv6_ns?: number
  readonly memory_bytes?: number
}

export type Reassembled =
  | { readonly kind: 'held' }
  /** `packet` has the id and copy of the first fragment; `pieces` are in the order of their offsets; `largest` is in bytes. */
  | { readonly kind: 'whole'; readonly packet: Packet; readonly pieces: readonly Packet[]; readonly largest: number }
  /** The fragment that came, and those that were held where they go with it. */
  | { readonly kind: 'dropped'; readonly reason: NetDrop; readonly packets: readonly Packet[] }

/** What was given up: a host answers with an ICMP error about `first`, the fragment with offset 0, when it has it. */
export interface Expired {
  readonly packets: readonly Packet[]
  readonly first: Packet | undefined
}

interface Piece {
  readonly packet: Packet
  readonly offset: number
}

/** Bytes from start to end, in fragments that came one after the other. */
interface Run {
  start: number
  end: number
}

interface Datagram {
  readonly key: string
  readonly within: Map<string, Datagram>
  readonly deadline: Instant
  readonly pieces: Piece[]
  /** In the order of their offsets. */
  readonly runs: Run[]
  /** Bytes of data that are there. */
  meat: number
  /** The end of the furthest fragment; of the whole once the last one is there. */
  end: number
  complete: boolean
  memory: number
}

const NOTHING: readonly Expired[] = []

export class Reassembly {
  readonly #ipv4_ns: number
  readonly #ipv6_ns: number
  readonly #limit: number
  /** One for each family: within one the oldest datagram is the first to expire. */
  readonly #v4 = new Map<string, Datagram>()
  readonly #v6 = new Map<string, Datagram>()
  #memory = 0

  constructor(options: ReassemblyOptions = {}) {
    this.#ipv4_ns = options.ipv4_ns ?? IPV4_REASSEMBLY
    this.#ipv6_ns = options.ipv6_ns ?? IPV6_REASSEMBLY
    this.#limit = options.memory_bytes ?? REASSEMBLY_MEMORY
  }

  /** A sound packet (checkIp). What is no fragment is whole at once. Call `expire` first: what is due is not added to. */
  add(now: Instant, packet: Packet): Reassembled {
    const { bytes } = packet
    const fragment = fragmentOf(bytes)
    if (fragment === undefined) return { kind: 'whole', packet, pieces: [packet], largest: bytes.length }
    if (fragment.offset === 0 && !fragment.more) return this.#join([{ packet, offset: 0 }])
    if (isBad(bytes, fragment)) return { kind: 'dropped', reason: 'fragment-bad', packets: [packet] }
    if (this.#memory > this.#limit) return { kind: 'dropped', reason: 'reassembly-full', packets: [packet] }
    const datagram = this.#datagram(now, bytes, fragment)
    const wrong = this.#place(datagram, packet, fragment)
    if (wrong === 'fragment-duplicate') return { kind: 'dropped', reason: wrong, packets: [packet] }
    if (wrong !== undefined) {
      this.#forget(datagram)
      return { kind: 'dropped', reason: wrong, packets: [...packetsOf(datagram), packet] }
    }
    if (!datagram.complete || datagram.meat !== datagram.end) return { kind: 'held' }
    this.#forget(datagram)
    return this.#join(datagram.pieces)
  }

  /** Gives up what is due. */
  expire(now: Instant): readonly Expired[] {
    if (this.deadline() > now) return NOTHING
    const expired: Expired[] = []
    for (const datagrams of [this.#v4, this.#v6]) {
      for (const datagram of datagrams.values()) {
        if (datagram.deadline > now) break
        this.#forget(datagram)
        const first = datagram.pieces.find(piece => piece.offset === 0)?.packet
        expired.push({ packets: packetsOf(datagram), first })
      }
    }
    return expired
  }

  deadline(): Instant {
    // The rule, asked for with every packet.
    if (this.#v4.size === 0 && this.#v6.size === 0) return NEVER
    return Math.min(firstDeadline(this.#v4), firstDeadline(this.#v6)) as Instant
  }

  /** Forgets everything, as a reboot does; what was held. */
  clear(): readonly Packet[] {
    const held = [...this.#v4.values(), ...this.#v6.values()].flatMap(packetsOf)
    this.#v4.clear()
    this.#v6.clear()
    this.#memory = 0
    return held
  }

  /** Fragments that wait for the rest. */
  *held(): Generator<Packet> {
    for (const datagrams of [this.#v4, this.#v6]) for (const datagram of datagrams.values()) yield* packetsOf(datagram)
  }

  #datagram(now: Instant, bytes: Uint8Array, fragment: Fragment): Datagram {
    const v4 = ipVersion(bytes) === 4
    const datagrams = v4 ? this.#v4 : this.#v6
    const key = keyOf(bytes, fragment, v4)
    const known = datagrams.get(key)
    if (known !== undefined) return known
    const deadline = instant(now + (v4 ? this.#ipv4_ns : this.#ipv6_ns))
    const datagram = {
      key,
      within: datagrams,
      deadline,
      pieces: [],
      runs: [],
      meat: 0,
      end: 0,
      complete: false,
      memory: 0,
    }
    datagrams.set(key, datagram)
    return datagram
  }

  /** Puts a fragment in its place; or says what is wrong with it. */
  #place(datagram: Datagram, packet: Packet, fragment: Fragment): NetDrop | undefined {
    const { offset, data } = fragment
    const end = offset + data.length
    if (fragment.more ? datagram.complete && end > datagram.end : end < datagram.end) return 'fragment-bad'
    if (!fragment.more && datagram.complete && end !== datagram.end) return 'fragment-bad'
    const wrong = insert(datagram.runs, offset, end)
    if (wrong !== undefined) return wrong
    datagram.pieces.push({ packet, offset })
    datagram.meat += data.length
    datagram.end = Math.max(datagram.end, end)
    if (!fragment.more) datagram.complete = true
    datagram.memory += packet.bytes.length
    this.#memory += packet.bytes.length
    return undefined
  }

  #join(unsorted: readonly Piece[]): Reassembled {
    const pieces = [...unsorted].sort((a, b) => a.offset - b.offset).map(piece => piece.packet)
    const [first] = pieces
    const joined = joinFragments(pieces.map(piece => piece.bytes))
    if (joined.kind !== 'whole' || first === undefined)
      return { kind: 'dropped', reason: 'fragment-bad', packets: pieces }
    const largest = pieces.reduce((most, piece) => Math.max(most, piece.bytes.length), 0)
    return { kind: 'whole', packet: { id: first.id, copy: first.copy, bytes: joined.packet }, pieces, largest }
  }

  #forget(datagram: Datagram): void {
    datagram.within.delete(datagram.key)
    this.#memory -= datagram.memory
  }
}

function packetsOf(datagram: Datagram): readonly Packet[] {
  return datagram.pieces.map(piece => piece.packet)
}

function firstDeadline(datagrams: ReadonlyMap<string, Datagram>): Instant {
  for (const datagram of datagrams.values()) return datagram.deadline
  return NEVER
}

/** Only the last fragment may end between the multiples of 8, and the whole fits into a packet. */
function isBad(bytes: Uint8Array, fragment: Fragment): boolean {
  const { offset, data, more } = fragment
  const header = ipVersion(bytes) === 4 ? ipv4HeaderLength(bytes) : 0
  return data.length === 0 || (more && data.length % 8 !== 0) || header + offset + data.length > 65535
}

/** A run that goes on where the last one ended, or a new run. */
function insert(runs: Run[], start: number, end: number): NetDrop | undefined {
  const last = runs[runs.length - 1]
  if (last !== undefined && last.end === start) {
    last.end = end
    return undefined
  }
  let place = 0
  for (const run of runs) {
    if (start >= run.end) {
      place++
      continue
    }
    if (end <= run.start) break
    return start >= run.start && end <= run.end ? 'fragment-duplicate' : 'fragment-overlap'
  }
  runs.splice(place, 0, { start, end })
  return undefined
}

/** Addresses, id, and in IPv4 the protocol: what makes fragments of one datagram. */
function keyOf(bytes: Uint8Array, fragment: Fragment, v4: boolean): string {
  const codes = [fragment.id >>> 16, fragment.id & 0xffff, v4 ? fragment.protocol : 0]
  for (let at = v4 ? 12 : 8; at < (v4 ? 20 : 40); at += 2) codes.push(get16(bytes, at))
  return String.fromCharCode(...codes)
}
