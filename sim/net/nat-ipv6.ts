/**
 * The IPv6 side of a NAT that does not masquerade: packets are routed, and what comes from the outside has to pass a stateful
 * filter (RFC 6092): an inner end that has sent out may be answered. The prefix may be another one outside (NPTv6).
 */
import type { Instant } from '../../impl/box.ts'
import { isMulticast } from '../../impl/ip/address.ts'
import { ipDestination, ipSource } from '../../impl/ip/packet.ts'
import { type Contents, contentsOf, type End, type FlowProtocol, flagsOf } from './flow.ts'
import { dropFiltered, dropUnmapped, endText, type NatState, sourceEnd } from './nat-state.ts'
import type { Mapping } from './nat-table.ts'
import { type Arrival, copied, type Egress } from './transit.ts'

/** Both ends of a flow, as the inside sees them. */
interface Flow {
  readonly protocol: FlowProtocol
  readonly inside: End
  readonly remote: End
}

/** What becomes of packets that pass, where the prefix is translated: changes its argument; false: it can not be. */
export interface PrefixMap {
  readonly outwards: (packet: Uint8Array) => boolean
  readonly inwards: (packet: Uint8Array) => boolean
}

type Direction = 'out' | 'in' | 'within'

export class Filter6 {
  readonly #state: NatState
  readonly #map: PrefixMap | undefined
  readonly #open: boolean

  constructor(state: NatState, map?: PrefixMap) {
    this.#state = state
    this.#map = map
    this.#open = state.spec.ipv6?.filter === 'open'
  }

  /** A whole, sound IPv6 packet to decide on, and the packets to send on: itself, or the fragments it came in. */
  handle(now: Instant, arrival: Arrival, pieces: readonly Arrival[]): void {
    const { out, transit, ports, sides } = this.#state
    const { bytes } = arrival.packet
    if (ports.ownerOf(bytes) !== undefined) {
      transit.answer(now, arrival)
      return
    }
    if (isMulticast(ipDestination(bytes))) {
      out.drop(now, arrival.packet, 'multicast')
      return
    }
    const outside = sides.isOutside(arrival.port)
    const seen = outside ? this.#mapped(arrival, 'in') : arrival
    const egress = seen === undefined ? undefined : ports.egress(ipDestination(seen.packet.bytes))
    if (seen === undefined) out.drop(now, arrival.packet, 'nat-ipv6-mismatch')
    else if (egress === undefined || (outside && sides.isOutside(egress.port)))
      transit.refuse(now, arrival, 'no-route', { kind: 'no-route' })
    else if (!outside && sides.isInside(egress.port)) this.#send(now, pieces, egress, 'within')
    else if (!outside) this.#outwards(now, arrival, pieces, egress)
    else this.#inwards(now, seen, pieces, egress)
  }

  #outwards(now: Instant, arrival: Arrival, pieces: readonly Arrival[], egress: Egress): void {
    const { out, transit, table } = this.#state
    if (this.#open) {
      this.#send(now, pieces, egress, 'out')
      return
    }
    const { bytes } = arrival.packet
    const contents = contentsOf(bytes)
    if (contents.kind === 'other') {
      out.drop(now, arrival.packet, 'nat-unsupported-protocol', `protocol ${contents.protocol}`)
      return
    }
    const flow = flowOf(bytes, contents, 'out')
    const found = flow === undefined ? undefined : table.findOutbound(now, flow.protocol, flow.inside, flow.remote)
    if (flow === undefined || (contents.kind === 'error' && found === undefined)) {
      out.drop(now, arrival.packet, 'nat-no-mapping', 'it answers nothing that came in')
      return
    }
    if (contents.kind !== 'error') {
      if (!transit.admit(now, pieces[0] ?? arrival, egress)) return
      table.outbound(now, found ?? this.#begin(now, arrival, flow), flow.remote, flagsOf(contents))
    }
    this.#send(now, pieces, egress, 'out')
  }

  /** `arrival`: as the inside sees it. */
  #inwards(now: Instant, arrival: Arrival, pieces: readonly Arrival[], egress: Egress): void {
    const { out, table, spec } = this.#state
    const { bytes } = arrival.packet
    const contents = contentsOf(bytes)
    if (contents.kind === 'error' && spec.icmp === false) {
      out.drop(now, arrival.packet, 'nat-icmp-off')
      return
    }
    if (this.#open) {
      this.#send(now, pieces, egress, 'in')
      return
    }
    if (contents.kind === 'other') {
      out.drop(now, arrival.packet, 'nat-unsupported-protocol', `protocol ${contents.protocol}`)
      return
    }
    const flow = flowOf(bytes, contents, 'in')
    if (flow === undefined) {
      out.drop(now, arrival.packet, 'nat-filtered', 'it answers nothing that went out')
      return
    }
    const mapping = table.findInbound(now, flow.protocol, flow.inside.address, flow.inside.port, flow.remote)
    if (mapping === undefined) {
      dropUnmapped(this.#state, now, arrival, flow.protocol, flow.inside, 'nat-filtered')
      return
    }
    if (contents.kind !== 'error') {
      if (!table.allows(now, mapping, flow.remote)) {
        dropFiltered(this.#state, now, arrival, mapping, flow.remote)
        return
      }
      table.inbound(now, mapping, flow.remote, flagsOf(contents))
    }
    this.#send(now, pieces, egress, 'in')
  }

  #begin(now: Instant, arrival: Arrival, flow: Flow): Mapping {
    const { out, table } = this.#state
    const inside = sourceEnd(arrival.packet.bytes, flow.inside.port)
    const to = flow.remote.port === 0 ? '' : ` (first to ${endText(flow.remote)})`
    out.note(now, `${flow.protocol} ${endText(inside)} may be answered${to}`)
    return table.add(now, flow.protocol, inside, inside, arrival.port, flow.remote)
  }

  #send(now: Instant, pieces: readonly Arrival[], egress: Egress, direction: Direction): void {
    const { out, transit } = this.#state
    for (const piece of pieces) {
      if (!transit.admit(now, piece, egress)) continue
      const packet = transit.aged(piece.packet)
      if (this.#changes(packet.bytes, direction)) transit.emit(packet, egress, piece.largest)
      else out.drop(now, piece.packet, 'nat-ipv6-mismatch')
    }
  }

  /** A copy as the inside sees it. */
  #mapped(arrival: Arrival, direction: 'in'): Arrival | undefined {
    if (this.#map === undefined) return arrival
    const packet = copied(arrival.packet)
    return this.#changes(packet.bytes, direction) ? { ...arrival, packet } : undefined
  }

  #changes(packet: Uint8Array, direction: Direction): boolean {
    if (this.#map === undefined || direction === 'within') return true
    return direction === 'out' ? this.#map.outwards(packet) : this.#map.inwards(packet)
  }
}

/** Undefined for what belongs to no flow: an echo in the wrong direction, an error about nothing that can be read. */
function flowOf(packet: Uint8Array, contents: Contents, direction: 'in' | 'out'): Flow | undefined {
  const source = ipSource(packet)
  const destination = ipDestination(packet)
  const [inner, outer] = direction === 'out' ? [source, destination] : [destination, source]
  switch (contents.kind) {
    case 'udp':
    case 'tcp': {
      const { kind: protocol, sourcePort, destinationPort } = contents
      const [inside, remote] = direction === 'out' ? [sourcePort, destinationPort] : [destinationPort, sourcePort]
      return { protocol, inside: { address: inner, port: inside }, remote: { address: outer, port: remote } }
    }
    case 'echo':
      if (contents.reply !== (direction === 'in')) return undefined
      return { protocol: 'icmp', inside: { address: inner, port: contents.id }, remote: { address: outer, port: 0 } }
    case 'error': {
      const { about } = contents
      if (about === undefined) return undefined
      const from = { address: about.source, port: about.sourcePort }
      const to = { address: about.destination, port: about.destinationPort }
      // An error that comes in is about what went out, and the other way round.
      const [inside, remote] = direction === 'in' ? [from, to] : [to, from]
      return { protocol: about.protocol, inside, remote }
    }
    case 'other':
      return undefined
  }
}
