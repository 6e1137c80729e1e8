/**
 * NAT64 (RFC 6146): IPv6 of the inside to a prefix leaves as IPv4, from an address and a port of the NAT. Mappings, filters
 * and times are those of the NAT's IPv4 side; the headers are those of RFC 7915. What comes back is 20 bytes longer inside.
 */
import type { Prefix } from '../../impl/api.ts'
import type { Instant } from '../../impl/box.ts'
import { ipDestination, ipSource } from '../../impl/ip/packet.ts'
import { rewriteQuote } from '../../impl/ip/rewrite.ts'
import { mtuAt, prefixOf, quotedEnds, sendIpv4, sendIpv6 } from './clat.ts'
import { embed, extract } from './embed.ts'
import { type Contents, contentsOf, type End, type FlowProtocol, flagsOf } from './flow.ts'
import type { Bindings } from './nat-bindings.ts'
import { endText, type NatState, sourceEnd } from './nat-state.ts'
import type { Mapping } from './nat-table.ts'
import { toIpv4, toIpv6 } from './siit.ts'
import type { Arrival, Egress } from './transit.ts'

export class Nat64 {
  readonly #state: NatState
  readonly #bindings: Bindings
  readonly #prefix: Prefix
  #id = 0

  constructor(state: NatState, bindings: Bindings, prefix: string) {
    this.#state = state
    this.#bindings = bindings
    this.#prefix = prefixOf(prefix)
  }

  /** Takes a whole IPv6 packet of the inside; false: it does not go to the prefix. */
  outwards(now: Instant, arrival: Arrival): boolean {
    const { ports, sides, transit } = this.#state
    const { bytes } = arrival.packet
    const destination = extract(this.#prefix, ipDestination(bytes))
    if (destination === undefined) return false
    const egress = ports.egress(destination)
    if (egress === undefined || !sides.isOutside(egress.port)) {
      transit.refuse(now, arrival, 'no-route', { kind: 'no-route' })
    } else if (transit.alive(now, arrival)) {
      this.#translate(now, arrival, contentsOf(bytes), destination, egress)
    }
    return true
  }

  #translate(now: Instant, arrival: Arrival, contents: Contents, destination: Uint8Array, egress: Egress): void {
    const { out } = this.#state
    switch (contents.kind) {
      case 'udp':
      case 'tcp': {
        const remote = { address: destination, port: contents.destinationPort }
        this.#flow(now, arrival, contents.kind, contents.sourcePort, remote, egress, flagsOf(contents))
        return
      }
      case 'echo':
        if (contents.reply) out.drop(now, arrival.packet, 'nat-no-mapping', 'an echo reply that answers nothing')
        else this.#flow(now, arrival, 'icmp', contents.id, { address: destination, port: 0 }, egress)
        return
      case 'error':
        this.#error(now, arrival, contents, destination, egress)
        return
      case 'other':
        out.drop(now, arrival.packet, 'nat-unsupported-protocol', `protocol ${contents.protocol}`)
        return
    }
  }

  #flow(
    now: Instant,
    arrival: Arrival,
    protocol: FlowProtocol,
    innerPort: number,
    remote: End,
    egress: Egress,
    flags?: number,
  ): void {
    const { edge, out } = this.#state
    const { bytes } = arrival.packet
    const inside = sourceEnd(bytes, innerPort)
    const refused = edge.refuses(now, bytes, inside, remote)
    if (refused !== undefined) {
      out.drop(now, arrival.packet, refused.reason, refused.detail)
      return
    }
    const mapping = this.#bindings.outbound(now, arrival, protocol, innerPort, remote, egress.port, flags)
    if (mapping === undefined) return
    const { outside } = mapping
    const ends = { source: outside.address, destination: remote.address }
    const packet = toIpv4(this.#state.transit.aged(arrival.packet).bytes, {
      ends,
      mtu: { v4: egress.mtu, v6: mtuAt(this.#state, arrival.port) },
      id: this.#next(),
    })
    if (packet === undefined) {
      out.drop(now, arrival.packet, 'not-translatable')
      return
    }
    edge.outwards(packet, outside, outside)
    sendIpv4(this.#state, now, arrival, packet, egress)
  }

  /** An error of the inside about what came in: the packet it quotes went from the prefix to the inner end. */
  #error(now: Instant, arrival: Arrival, contents: Contents, destination: Uint8Array, egress: Egress): void {
    const { out, table } = this.#state
    const about = contents.kind === 'error' ? contents.about : undefined
    const remote = about === undefined ? undefined : extract(this.#prefix, about.source)
    const mapping =
      about === undefined || remote === undefined
        ? undefined
        : table.findOutbound(
            now,
            about.protocol,
            { address: about.destination, port: about.destinationPort },
            { address: remote, port: about.sourcePort },
          )
    if (mapping === undefined || remote === undefined) {
      out.drop(now, arrival.packet, 'nat-no-mapping', 'an ICMP error about nothing that came in')
      return
    }
    const { outside } = mapping
    const quoted = { source: remote, destination: outside.address }
    const ends = { source: outside.address, destination }
    const bytes = this.#state.transit.aged(arrival.packet).bytes
    const packet = toIpv4(bytes, {
      ends,
      quoted,
      mtu: { v4: egress.mtu, v6: mtuAt(this.#state, arrival.port) },
      id: this.#next(),
    })
    if (packet === undefined) {
      out.drop(now, arrival.packet, 'not-translatable')
      return
    }
    rewriteQuote(packet, 'destination', outside.address, outside.port)
    sendIpv4(this.#state, now, arrival, packet, egress)
  }

  #next(): number {
    this.#id = (this.#id + 1) & 0xffff
    return this.#id
  }
}

/** What comes back to an inner end of IPv6, and may: the mapping is refreshed already. */
export function toIpv6Inside(state: NatState, now: Instant, arrival: Arrival, mapping: Mapping, egress: Egress): void {
  const { edge, out, spec, transit } = state
  if (!transit.alive(now, arrival) || spec.nat64 === undefined) return
  const prefix = prefixOf(spec.nat64)
  const ends = { source: embed(prefix, ipSource(arrival.packet.bytes)), destination: mapping.inside.address }
  const packet = toIpv6(transit.aged(arrival.packet).bytes, {
    ends,
    mtu: { v4: mtuAt(state, arrival.port), v6: egress.mtu },
  })
  if (packet === undefined) {
    out.drop(now, arrival.packet, 'not-translatable')
    return
  }
  edge.inwards(packet, mapping.inside, mapping.inside)
  sendIpv6(state, now, arrival, packet, egress)
}

/** An ICMP error about what an inner end of IPv6 has sent. */
export function toIpv6Error(state: NatState, now: Instant, arrival: Arrival, mapping: Mapping, egress: Egress): void {
  const { out, spec, transit } = state
  if (!transit.alive(now, arrival) || spec.nat64 === undefined) return
  const prefix = prefixOf(spec.nat64)
  const { bytes } = arrival.packet
  const { inside } = mapping
  const quoted = quotedEnds(bytes, (address, remote) => (remote ? embed(prefix, address) : inside.address), 'in')
  const ends = { source: embed(prefix, ipSource(bytes)), destination: inside.address }
  const packet = toIpv6(transit.aged(arrival.packet).bytes, {
    ends,
    quoted,
    mtu: { v4: mtuAt(state, arrival.port), v6: egress.mtu },
  })
  if (packet === undefined) {
    out.drop(now, arrival.packet, 'not-translatable', endText(inside))
    return
  }
  rewriteQuote(packet, 'source', inside.address, inside.port)
  sendIpv6(state, now, arrival, packet, egress)
}
