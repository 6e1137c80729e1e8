/** What every box that forwards does to a packet: TTL, MTU, fragments, and the ICMP errors about them. */

import type { Instant } from '../../impl/box.ts'
import { get16 } from '../../impl/ip/bytes.ts'
import { fragmentIpv4 } from '../../impl/ip/fragment.ts'
import {
  buildIcmpEcho,
  buildIcmpError,
  type IcmpError,
  icmpEcho,
  icmpProtocol,
  mayAnswerWithError,
} from '../../impl/ip/icmp.ts'
import { ipv4DontFragment, ipv4IsFragment } from '../../impl/ip/ipv4.ts'
import {
  buildIp,
  ipDestination,
  ipLength,
  ipProtocol,
  ipSource,
  ipTtl,
  ipVersion,
  isFragment,
  transportPayload,
} from '../../impl/ip/packet.ts'
import { decrementTtl, rewriteSource, setDontFragment, setIpv4Id } from '../../impl/ip/rewrite.ts'
import type { PathPolicy } from '../../scenarios/language/path-policy.ts'
import type { Packet } from '../node.ts'
import { copyOf } from '../slab.ts'
import type { NetDrop } from './drops.ts'
import type { Outbox } from './outbox.ts'
import { mayTell, Treatment, type TreatmentOptions } from './treatment.ts'

/** Where a packet leaves. */
export interface Egress {
  readonly port: string
  readonly mtu: number
  readonly via: Uint8Array | undefined
}

/** What a box that forwards knows of itself. */
export interface Self {
  /** The address it speaks with to what came in on this port, of the family with this length; undefined: it stays silent. */
  ownAddress(port: string, length: number): Uint8Array | undefined
  /** The way to the sender of what came in on this port. */
  wayBack(port: string, address: Uint8Array): Egress | undefined
  /** Whether it changes the source of what goes this way (a NAT). */
  translates?(from: string, to: string): boolean
}

/** How it treats what passes. Absent: as RFC 1812 says. */
export interface TransitPolicy extends PathPolicy, TreatmentOptions {
  /** The IPv4 identification of whole packets that leave. Default keep. */
  readonly ip_id?: 'keep' | 'rewrite' | 'zero' | undefined
}

const SECOND = 1_000_000_000

/** A packet as it came in: `bytes` untouched, for the ICMP errors about it. */
export interface Arrival {
  readonly port: string
  readonly packet: Packet
  /** Of a packet that came in fragments: the size of the largest. It leaves in pieces no larger, whatever DF says. */
  readonly largest?: number
}

export class Transit {
  readonly #out: Outbox
  readonly #self: Self
  readonly #policy: TransitPolicy
  readonly #treatment: Treatment
  readonly #keepTtl: boolean
  readonly #clearDf: boolean
  readonly #ipId: NonNullable<TransitPolicy['ip_id']>
  /** Errors told in this second of the run. */
  readonly #told = { second: -1, count: 0 }
  #lastId = 0

  /** `policy`: or whether it sends ICMP errors. */
  constructor(out: Outbox, self: Self, policy: boolean | TransitPolicy) {
    this.#out = out
    this.#self = self
    this.#policy = typeof policy === 'boolean' ? { icmp: policy } : policy
    this.#treatment = new Treatment(this.#policy)
    this.#keepTtl = this.#policy.ttl === 'keep'
    this.#clearDf = this.#policy.too_big === 'clear-df'
    this.#ipId = this.#policy.ip_id ?? 'keep'
  }

  /** Passes it on with one hop less, in fragments where need be. */
  forward(now: Instant, arrival: Arrival, egress: Egress): void {
    if (!this.admit(now, arrival, egress)) return
    const packet = this.aged(arrival.packet)
    this.#treatment.mark(packet.bytes)
    this.emit(packet, egress, arrival.largest)
  }

  /** A copy with one hop less, where this box counts as one. */
  aged(packet: Packet): Packet {
    return this.#keepTtl ? copied(packet) : aged(packet)
  }

  /** Whether it may leave there: TTL, then size. When not it is dropped, and its sender told. */
  admit(now: Instant, arrival: Arrival, egress: Egress): boolean {
    const { bytes } = arrival.packet
    const refusal = this.#treatment.refusal(bytes)
    if (refusal !== undefined) {
      this.refuse(now, arrival, 'icmp-filtered', undefined, refusal)
      return false
    }
    if (!this.alive(now, arrival)) return false
    const size = arrival.largest ?? ipLength(bytes)
    if (size <= egress.mtu || (ipVersion(bytes) === 4 && (this.#clearDf || !ipv4DontFragment(bytes)))) return true
    this.tooBig(now, arrival, egress, egress.mtu)
    return false
  }

  /** Whether it has a hop left. When not it is dropped, and its sender told. */
  alive(now: Instant, arrival: Arrival): boolean {
    if (this.#keepTtl || ipTtl(arrival.packet.bytes) > 1) return true
    this.refuse(now, arrival, 'ttl-expired', { kind: 'time-exceeded' })
    return false
  }

  /** Drops a packet that does not fit and must not be cut. `mtu`: what would have fitted, in its sender's bytes. */
  tooBig(now: Instant, arrival: Arrival, egress: Egress, mtu: number): void {
    const { too_big: how, claims_mtu: claimed } = this.#policy
    const size = arrival.largest ?? ipLength(arrival.packet.bytes)
    const detail = `${size} bytes, the MTU to ${egress.port} is ${mtu}`
    const error = { kind: 'too-big', mtu: claimed ?? mtu } as const
    if (how === 'silent') this.refuse(now, arrival, 'df-too-big', undefined, detail)
    else if (how === 'tell-outside' && this.#self.translates?.(arrival.port, egress.port) === true) {
      this.refuse(now, arrival, 'df-too-big', undefined, detail)
      this.#tellItself(now, arrival, egress, error)
    } else this.refuse(now, arrival, 'df-too-big', error, detail)
  }

  /** Sends a packet that this box made or changed: its bytes are the box's own. IPv4 is cut to the MTU, and to `largest` when it is less. */
  emit(packet: Packet, egress: Egress, largest = 0xffff): void {
    const { id, copy, bytes } = packet
    const limit = Math.min(largest, egress.mtu)
    if (ipVersion(bytes) !== 4) {
      this.#out.send(egress.port, packet, egress.via)
      return
    }
    if (this.#clearDf && ipv4DontFragment(bytes)) setDontFragment(bytes, false)
    if (this.#ipId !== 'keep' && !ipv4IsFragment(bytes)) setIpv4Id(bytes, this.#nextId())
    if (bytes.length <= limit) {
      this.#out.send(egress.port, packet, egress.via)
      return
    }
    for (const piece of fragmentIpv4(bytes, limit)) this.#out.send(egress.port, { id, copy, bytes: piece }, egress.via)
  }

  /** Drops it, and tells its sender when that is allowed and this box speaks. */
  refuse(now: Instant, arrival: Arrival, reason: NetDrop, error?: IcmpError, detail?: string): void {
    const { packet, port } = arrival
    this.#out.drop(now, packet, reason, detail)
    if (error === undefined || !mayAnswerWithError(packet.bytes, error) || !this.#mayTell(now, error)) return
    const to = ipSource(packet.bytes)
    const source = this.#self.ownAddress(port, to.length)
    const egress = this.#self.wayBack(port, to)
    if (source === undefined || egress === undefined) return
    const bytes = buildIcmpError({ source, error, original: packet.bytes })
    this.emit(this.#out.born(now, port, bytes, packet.id), egress)
  }

  /** A packet for this box itself: echo is answered, ICMP is read, for all else nobody listens. */
  answer(now: Instant, arrival: Arrival): void {
    const { bytes, id } = arrival.packet
    const source = ipDestination(bytes)
    const message = transportPayload(bytes)
    if (isFragment(bytes)) {
      this.refuse(now, arrival, 'no-listener', undefined, 'a fragment')
      return
    }
    if (ipProtocol(bytes) !== icmpProtocol(source)) {
      this.refuse(now, arrival, 'no-listener', { kind: 'port-unreachable' })
      return
    }
    this.#out.consumed(now, arrival.packet)
    if (icmpEcho(message, source.length === 4 ? 4 : 6) !== 'request') return
    const destination = ipSource(bytes)
    const egress = this.#self.wayBack(arrival.port, destination)
    if (egress === undefined) return
    const echo = { source, destination, reply: true, id: get16(message, 4), sequence: get16(message, 6) }
    const payload = buildIcmpEcho({ ...echo, payload: message.subarray(8) })
    const reply = buildIp({ source, destination, protocol: icmpProtocol(source), payload })
    this.emit(this.#out.born(now, arrival.port, reply, id), egress)
  }
  /** The fault of writing the error after the packet was translated: it goes to where the packet then comes from. */
  #tellItself(now: Instant, arrival: Arrival, egress: Egress, error: IcmpError): void {
    const { bytes, id } = arrival.packet
    const source = this.#self.ownAddress(egress.port, ipSource(bytes).length)
    if (source === undefined || !mayAnswerWithError(bytes, error) || !this.#mayTell(now, error)) return
    const original = copied(arrival.packet).bytes
    rewriteSource(original, source)
    const born = this.#out.born(now, arrival.port, buildIcmpError({ source, error, original }), id)
    this.#out.drop(now, born, 'error-to-itself')
  }

  /** Counts an error that is to be sent. */
  #mayTell(now: Instant, error: IcmpError): boolean {
    const { icmp, errors_per_s: most } = this.#policy
    const speaks = mayTell(icmp, error)
    if (!speaks || most === undefined) return speaks
    const second = Math.floor(now / SECOND)
    if (second !== this.#told.second) Object.assign(this.#told, { second, count: 0 })
    if (this.#told.count >= most) return false
    this.#told.count++
    return true
  }

  #nextId(): number {
    if (this.#ipId === 'rewrite') this.#lastId = (this.#lastId + 1) & 0xffff
    return this.#lastId
  }
}

/** A copy without bytes after its stated length. */
export function copied(packet: Packet): Packet {
  return { id: packet.id, copy: packet.copy, bytes: copyOf(packet.bytes, ipLength(packet.bytes)) }
}

/** A copy with one hop less, without bytes after its stated length. Its TTL is 2 or more. */
export function aged(packet: Packet): Packet {
  const bytes = copyOf(packet.bytes, ipLength(packet.bytes))
  decrementTtl(bytes)
  return { id: packet.id, copy: packet.copy, bytes }
}
