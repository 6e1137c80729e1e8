/** ICMP errors through a NAT (RFC 5508 §4), and the ways in which NATs get them wrong. */
import type { Instant } from '../../impl/box.ts'
import { get16, set16 } from '../../impl/ip/bytes.ts'
import { checksum, updateChecksum } from '../../impl/ip/checksum.ts'
import { ICMP_HEADER } from '../../impl/ip/icmp.ts'
import { ipv4HeaderLength } from '../../impl/ip/ipv4.ts'
import { ipVersion, transportOffset } from '../../impl/ip/packet.ts'
import { rewriteDestination, rewriteQuote, rewriteSource } from '../../impl/ip/rewrite.ts'
import type { Packet } from '../node.ts'
import type { Contents, End, Quoted } from './flow.ts'
import { dropUnmapped, endText, type NatState } from './nat-state.ts'
import type { Mapping } from './nat-table.ts'
import { toIpv6Error } from './nat64.ts'
import type { Arrival } from './transit.ts'

const NO_QUOTE = 'the packet that this ICMP error is about can not be read'
const IPV4_CHECKSUM = 10

/** RFC 5508 REQ-5: an error of the inside, as it must look outside, in a copy. Undefined when it was dropped. */
export function errorOut(
  state: NatState,
  now: Instant,
  arrival: Arrival,
  about: Quoted | undefined,
): Packet | undefined {
  const { out } = state
  const { packet } = arrival
  if (about === undefined) {
    out.drop(now, packet, 'nat-no-mapping', NO_QUOTE)
    return undefined
  }
  const inside = { address: about.destination, port: about.destinationPort }
  const remote = { address: about.source, port: about.sourcePort }
  const outside = outerEnd(state, now, about, inside, remote)
  if (outside === undefined) {
    out.drop(now, packet, 'nat-no-mapping', `${about.protocol} ${endText(inside)}, which an ICMP error is about`)
    return undefined
  }
  const bytes = packet.bytes.slice()
  rewriteQuote(bytes, 'destination', outside.address, outside.port)
  rewriteSource(bytes, outside.address)
  return { id: packet.id, copy: packet.copy, bytes }
}

/**
 * RFC 5508 REQ-4: by the mapping of the packet that the error is about. It refreshes nothing, and ends nothing (RFC 4787
 * REQ-12) unless the NAT is set to that fault.
 */
export function errorIn(state: NatState, now: Instant, arrival: Arrival, contents: Contents): void {
  const { out, transit, sides, table, spec, edge } = state
  const { packet } = arrival
  const about = contents.kind === 'error' ? contents.about : undefined
  if (spec.icmp === false || about === undefined) {
    out.drop(now, packet, spec.icmp === false ? 'nat-icmp-off' : 'nat-no-mapping', NO_QUOTE)
    return
  }
  if (!isSoundQuote(packet.bytes)) {
    out.drop(now, packet, 'icmp-bad-quote')
    return
  }
  const outer = { address: about.source, port: about.sourcePort }
  const remote = { address: about.destination, port: about.destinationPort }
  const found = table.findInbound(now, about.protocol, outer.address, outer.port, remote)
  // Where every remote end has a mapping of its own, the error is about that one or about none.
  const own = found !== undefined && table.findOutbound(now, about.protocol, found.inside, remote) === found
  const mapping = own ? found : undefined
  const inside = edge.forwards.inbound(now, about.protocol, outer.port) ?? mapping?.inside
  if (inside === undefined) {
    dropUnmapped(state, now, arrival, about.protocol, outer)
    return
  }
  const egress = sides.inwards(mapping?.insidePort ?? sides.firstInside, inside.address)
  if (egress === undefined) {
    out.drop(now, packet, 'no-route')
    return
  }
  if (inside.address.length !== outer.address.length) {
    if (mapping !== undefined) toIpv6Error(state, now, arrival, mapping, egress)
    return
  }
  if (!transit.admit(now, arrival, egress)) return
  const translated = transit.aged(packet)
  translate(state, translated.bytes, inside)
  transit.emit(translated, egress, arrival.largest)
  if (edge.errors === 'kill-mapping' && mapping !== undefined) table.end(now, mapping, 'ended by an ICMP error')
}

/** The outer end that an inner one has towards a remote one. */
function outerEnd(state: NatState, now: Instant, about: Quoted, inside: End, remote: End): End | undefined {
  const { edge, ports, sides, table } = state
  const port = edge.forwards.outbound(now, about.protocol, inside)
  const address = port === undefined ? undefined : ports.ownAddress(sides.firstOutside, inside.address.length)
  if (port !== undefined && address !== undefined) return { address, port }
  return (table.findOutbound(now, about.protocol, inside, remote) satisfies Mapping | undefined)?.outside
}

function translate({ edge }: NatState, bytes: Uint8Array, inside: End): void {
  const before = quoteChecksum(bytes)
  if (edge.errors !== 'outer-only') rewriteQuote(bytes, 'source', inside.address, inside.port)
  if (edge.errors === 'bad-checksum' && before !== undefined) {
    const at = transportOffset(bytes)
    const now = quoteChecksum(bytes)!
    set16(bytes, at + ICMP_HEADER + IPV4_CHECKSUM, before)
    set16(bytes, at + 2, updateChecksum(get16(bytes, at + 2), now, before))
  }
  rewriteDestination(bytes, inside.address)
}

/** The header checksum of the quoted packet; undefined: IPv6 has none. */
function quoteChecksum(packet: Uint8Array): number | undefined {
  return ipVersion(packet) === 4 ? get16(packet, transportOffset(packet) + ICMP_HEADER + IPV4_CHECKSUM) : undefined
}

/** RFC 5508 REQ-3 a: an error whose quoted header is damaged is dropped. */
function isSoundQuote(packet: Uint8Array): boolean {
  if (ipVersion(packet) !== 4) return true
  const at = transportOffset(packet) + ICMP_HEADER
  return checksum(packet, at, at + ipv4HeaderLength(packet.subarray(at))) === 0
}
