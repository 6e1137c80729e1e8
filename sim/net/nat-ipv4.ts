/**
 * The translating side of a NAT (RFC 4787, RFC 5508): UDP, TCP, and ICMP echo by its query id; errors are in nat-icmp.ts.
 * IPv4, and IPv6 where the NAT masquerades it (NAT66).
 */
import type { Instant } from '../../impl/box.ts'
import { fragmentIpv6 } from '../../impl/ip/fragment.ts'
import { ipDestination, ipSource, ipVersion } from '../../impl/ip/packet.ts'
import type { Packet } from '../node.ts'
import { goesToMany } from './addresses.ts'
import {
  type Contents,
  contentsOf,
  type End,
  type FlowProtocol,
  flagsOf,
  readEnd,
  type Scratch,
  scratchEnd,
} from './flow.ts'
import type { Bindings } from './nat-bindings.ts'
import { errorIn, errorOut } from './nat-icmp.ts'
import { dropFiltered, dropUnmapped, type NatState } from './nat-state.ts'
import type { Mapping } from './nat-table.ts'
import { toIpv6Inside } from './nat64.ts'
import type { Arrival, Egress } from './transit.ts'

/** Where IPv4 has its addresses. */
const SOURCE = 12
const DESTINATION = 16

/** What the last packet became: the fragments after a first one follow it. */
export interface Sent {
  readonly bytes: Uint8Array
  readonly egress: Egress
}

export class Translator {
  readonly #state: NatState
  readonly #bindings: Bindings
  /** The ends of the packet in hand; the table keeps what it keys by, and copies. */
  readonly #near = scratchEnd()
  readonly #remote = scratchEnd()
  #sent: Sent | undefined

  constructor(state: NatState, bindings: Bindings) {
    this.#state = state
    this.#bindings = bindings
  }

  /** What the packet handled last became; undefined: it did not get through. */
  get sent(): Sent | undefined {
    return this.#sent
  }

  /** A sound packet, as it came in: whole, or a first fragment. */
  handle(now: Instant, arrival: Arrival): void {
    const { ports, sides } = this.#state
    const { bytes } = arrival.packet
    const owner = ports.ownerOf(bytes)
    const contents = contentsOf(bytes)
    this.#sent = undefined
    if (sides.isOutside(arrival.port)) this.#fromOutside(now, arrival, contents, owner)
    else if (owner === undefined) this.#fromInside(now, arrival, contents)
    else this.#toOwn(now, arrival, contents, owner)
  }

  #fromInside(now: Instant, arrival: Arrival, contents: Contents): void {
    const { out, transit, ports, sides } = this.#state
    const { bytes } = arrival.packet
    if (goesToMany(bytes)) {
      out.drop(now, arrival.packet, 'multicast')
      return
    }
    const egress = ports.egressFor(bytes)
    if (egress === undefined) transit.refuse(now, arrival, 'no-route', { kind: 'no-route' })
    else if (sides.isInside(egress.port)) transit.forward(now, arrival, egress)
    else this.#outwards(now, arrival, contents, egress)
  }

  #outwards(now: Instant, arrival: Arrival, contents: Contents, egress: Egress): void {
    const { out, transit } = this.#state
    const { packet } = arrival
    switch (contents.kind) {
      case 'udp':
      case 'tcp': {
        const remote = this.#endAt(this.#remote, packet.bytes, DESTINATION, contents.destinationPort)
        this.#translateOut(now, arrival, contents.kind, contents.sourcePort, remote, egress, flagsOf(contents))
        return
      }
      case 'echo': {
        const remote = this.#endAt(this.#remote, packet.bytes, DESTINATION, 0)
        if (contents.reply) out.drop(now, packet, 'nat-no-mapping', 'an echo reply that answers nothing')
        else this.#translateOut(now, arrival, 'icmp', contents.id, remote, egress)
        return
      }
      case 'error': {
        if (!transit.admit(now, arrival, egress)) return
        const translated = errorOut(this.#state, now, arrival, contents.about)
        if (translated !== undefined) this.#emit(transit.aged(translated), egress, arrival.largest)
        return
      }
      case 'other':
        out.drop(now, packet, 'nat-unsupported-protocol', `protocol ${contents.protocol}`)
        return
    }
  }

  #translateOut(
    now: Instant,
    arrival: Arrival,
    protocol: FlowProtocol,
    innerPort: number,
    remote: End,
    egress: Egress,
    flags?: number,
  ): void {
    const { edge, out, transit } = this.#state
    const { bytes } = arrival.packet
    if (!transit.admit(now, arrival, egress)) return
    const inside = this.#endAt(this.#near, bytes, SOURCE, innerPort)
    const refused = edge.refuses(now, bytes, inside, remote)
    if (refused !== undefined) {
      out.drop(now, arrival.packet, refused.reason, refused.detail)
      return
    }
    const outside =
      this.#forwarded(now, protocol, inside, egress.port) ??
      this.#bindings.outbound(now, arrival, protocol, innerPort, remote, egress.port, flags)?.outside
    if (outside === undefined) return
    const packet = transit.aged(arrival.packet)
    edge.outwards(packet.bytes, inside, outside)
    this.#emit(packet, egress, arrival.largest)
  }

  /** The outer end of an inner one that a port is forwarded to. */
  #forwarded(now: Instant, protocol: FlowProtocol, inside: End, outsidePort: string): End | undefined {
    const { edge, ports } = this.#state
    if (edge.forwards.size === 0) return undefined
    const port = edge.forwards.outbound(now, protocol, inside)
    const address = port === undefined ? undefined : ports.ownAddress(outsidePort, inside.address.length)
    return port === undefined || address === undefined ? undefined : { address, port }
  }

  /** From the inside to an address of the NAT: ping is answered on both sides; UDP to the outside address is hairpinning. */
  #toOwn(now: Instant, arrival: Arrival, contents: Contents, owner: string): void {
    const { out, transit, sides, parameters } = this.#state
    if (sides.isInside(owner) || (contents.kind === 'echo' && !contents.reply)) {
      transit.answer(now, arrival)
    } else if (contents.kind === 'other' || contents.kind === 'echo') {
      out.drop(now, arrival.packet, 'nat-unsupported-protocol', 'to the NAT itself')
    } else if (parameters.hairpin === 'off') {
      out.drop(now, arrival.packet, 'nat-no-hairpin')
    } else if (contents.kind === 'udp' || contents.kind === 'tcp') {
      this.#hairpin(now, arrival, contents, owner)
    } else {
      // RFC 5508 REQ-7: out, and in again.
      const translated = errorOut(this.#state, now, arrival, contents.about)
      if (translated !== undefined)
        errorIn(this.#state, now, { ...arrival, packet: translated }, contentsOf(translated.bytes))
    }
  }

  /** RFC 4787 §6. The filter asks for the outer end of the sender, whichever one the receiver will see. */
  #hairpin(now: Instant, arrival: Arrival, contents: Contents & { kind: 'udp' | 'tcp' }, owner: string): void {
    const { transit, sides, table, parameters, edge } = this.#state
    const { kind: protocol, sourcePort, destinationPort } = contents
    const flags = flagsOf(contents)
    const to = { address: Uint8Array.from(ipDestination(arrival.packet.bytes)), port: destinationPort }
    const near = { address: Uint8Array.from(ipSource(arrival.packet.bytes)), port: sourcePort }
    const own = this.#forwarded(now, protocol, near, owner)
    const outer = (): End | undefined =>
      own ?? this.#bindings.outbound(now, arrival, protocol, sourcePort, to, owner, flags)?.outside
    const forwarded = edge.forwards.inbound(now, protocol, to.port)
    const before = own ?? table.findOutbound(now, protocol, near, to)?.outside
    const target = forwarded === undefined ? table.findInbound(now, protocol, to.address, to.port, before) : undefined
    const inside = forwarded ?? target?.inside
    if (inside === undefined) {
      // To send to an outside address opens a mapping of one's own, whoever is behind the other end: else two that only
      // ever speak to each other's outer ends would never meet.
      outer()
      dropUnmapped(this.#state, now, arrival, protocol, to)
      return
    }
    const egress = sides.inwards(target?.insidePort ?? sides.firstInside, inside.address)
    if (egress === undefined) {
      transit.refuse(now, arrival, 'no-route', { kind: 'no-route' })
      return
    }
    if (!transit.admit(now, arrival, egress)) return
    const outside = outer()
    if (outside === undefined) return
    if (target !== undefined && parameters.hairpin_filter && !table.allows(now, target, outside)) {
      dropFiltered(this.#state, now, arrival, target, outside)
      return
    }
    if (target !== undefined) table.inbound(now, target, outside, flags)
    const packet = transit.aged(arrival.packet)
    edge.inwards(packet.bytes, to, inside)
    if (parameters.hairpin === 'external') edge.outwards(packet.bytes, near, outside)
    this.#emit(packet, egress, arrival.largest)
  }

  #fromOutside(now: Instant, arrival: Arrival, contents: Contents, owner: string | undefined): void {
    const { out, sides } = this.#state
    const { packet } = arrival
    if (owner === undefined || !sides.isOutside(owner)) {
      out.drop(now, packet, 'nat-no-mapping', 'it does not go to an outside address of the NAT')
      return
    }
    switch (contents.kind) {
      case 'udp':
      case 'tcp': {
        const { kind, destinationPort, sourcePort } = contents
        this.#translateIn(now, arrival, kind, destinationPort, sourcePort, flagsOf(contents))
        return
      }
      case 'echo':
        if (contents.reply) this.#translateIn(now, arrival, 'icmp', contents.id, 0)
        else out.drop(now, packet, 'nat-no-mapping', 'an echo request to the NAT itself')
        return
      case 'error':
        errorIn(this.#state, now, arrival, contents)
        return
      case 'other':
        out.drop(now, packet, 'nat-unsupported-protocol', `protocol ${contents.protocol}`)
        return
    }
  }

  #translateIn(
    now: Instant,
    arrival: Arrival,
    protocol: FlowProtocol,
    outerPort: number,
    remotePort: number,
    flags?: number,
  ): void {
    const { edge, out, table } = this.#state
    const { bytes } = arrival.packet
    const outer = this.#endAt(this.#near, bytes, DESTINATION, outerPort)
    const remote = this.#endAt(this.#remote, bytes, SOURCE, remotePort)
    const forwarded = edge.forwards.inbound(now, protocol, outerPort)
    const mapping =
      forwarded === undefined ? table.findInbound(now, protocol, outer.address, outer.port, remote) : undefined
    const inside = forwarded ?? mapping?.inside
    if (inside === undefined) {
      this.#bindings.unsolicited(now, protocol, outer, remote)
      dropUnmapped(this.#state, now, arrival, protocol, outer)
      return
    }
    if (mapping !== undefined && !table.allows(now, mapping, remote)) {
      this.#bindings.unsolicited(now, protocol, outer, remote)
      dropFiltered(this.#state, now, arrival, mapping, remote)
      return
    }
    const refused = edge.refuses(now, bytes, inside, remote)
    if (refused !== undefined) {
      out.drop(now, arrival.packet, refused.reason, refused.detail)
      return
    }
    this.#deliver(now, arrival, { inside, outer, mapping, remote, flags })
  }

  /** To the inside, by a mapping that lets it in or a forwarded port. */
  #deliver(now: Instant, arrival: Arrival, flow: Inbound): void {
    const { edge, transit, sides, table } = this.#state
    const { inside, outer, mapping, remote, flags } = flow
    const egress = sides.inwards(mapping?.insidePort ?? sides.firstInside, inside.address)
    if (egress === undefined) {
      transit.refuse(now, arrival, 'no-route', { kind: 'no-route' })
      return
    }
    if (mapping !== undefined && inside.address.length !== outer.address.length) {
      table.inbound(now, mapping, remote, flags)
      toIpv6Inside(this.#state, now, arrival, mapping, egress)
      return
    }
    if (!transit.admit(now, arrival, egress)) return
    if (mapping !== undefined) table.inbound(now, mapping, remote, flags)
    const packet = transit.aged(arrival.packet)
    edge.inwards(packet.bytes, outer, inside)
    this.#emit(packet, egress, arrival.largest)
    if (mapping !== undefined && edge.algs.closes(packet.bytes, remote)) table.end(now, mapping, 'answered')
  }

  #emit(packet: Packet, egress: Egress, largest: number | undefined): void {
    const { edge, out, transit } = this.#state
    const { id, copy, bytes } = packet
    this.#sent = { bytes, egress }
    if (largest === undefined || ipVersion(bytes) === 4) {
      transit.emit(packet, egress, largest)
      return
    }
    // What came in fragments and was put together goes on in fragments, which a router of IPv6 would not make.
    const pieces = fragmentIpv6(bytes, Math.min(largest, egress.mtu), edge.nextFragment())
    for (const piece of pieces) out.send(egress.port, { id, copy, bytes: piece }, egress.via)
  }

  /** An end of the packet in hand; of IPv4 in memory that is written over. `at`: where IPv4 has the address. */
  #endAt(scratch: Scratch, packet: Uint8Array, at: number, port: number): End {
    if (ipVersion(packet) === 4) return readEnd(scratch, packet, at, port)
    return { address: Uint8Array.from(at === SOURCE ? ipSource(packet) : ipDestination(packet)), port }
  }
}

interface Inbound {
  readonly inside: End
  readonly outer: End
  readonly mapping: Mapping | undefined
  readonly remote: End
  readonly flags: number | undefined
}
