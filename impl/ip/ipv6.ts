/** The IPv6 header (RFC 8200) as a view, and the walk over its extension headers. Readers expect at least 40 bytes. */
import type { Address } from '../box.ts'
import { get16, set16, set32 } from './bytes.ts'

export const IPV6_HEADER = 40
export const HOP_BY_HOP = 0
export const ROUTING = 43
export const FRAGMENT = 44
export const ESP = 50
export const AUTHENTICATION = 51
export const NO_NEXT_HEADER = 59
export const DESTINATION_OPTIONS = 60
export const FRAGMENT_HEADER = 8

export interface Ipv6Fields {
  readonly source: Address
  readonly destination: Address
  /** The upper-layer protocol, or the first extension header's number when the payload starts with one. */
  readonly protocol: number
  /** Default 64. */
  readonly hopLimit?: number
  /** DSCP and ECN. Default 0. */
  readonly trafficClass?: number
  /** 20 bits. Default 0. */
  readonly flowLabel?: number
  readonly payload: Uint8Array
}

/** A whole packet. Throws a RangeError on fields that do not fit. */
export function buildIpv6(fields: Ipv6Fields): Uint8Array {
  const length = fields.payload.length
  if (fields.source.length !== 16 || fields.destination.length !== 16) {
    throw new RangeError('IPv6 needs 16-byte addresses')
  }
  if (length > 65535) throw new RangeError(`an IPv6 payload has at most 65535 bytes, not ${length}`)
  const packet = new Uint8Array(IPV6_HEADER + length)
  set32(packet, 0, 0x60000000 | ((fields.trafficClass ?? 0) << 20) | ((fields.flowLabel ?? 0) & 0xfffff))
  set16(packet, 4, length)
  packet[6] = fields.protocol
  packet[7] = fields.hopLimit ?? 64
  packet.set(fields.source, 8)
  packet.set(fields.destination, 24)
  packet.set(fields.payload, IPV6_HEADER)
  return packet
}

export function ipv6TrafficClass(packet: Uint8Array): number {
  return ((packet[0]! & 0x0f) << 4) | (packet[1]! >>> 4)
}

export function ipv6FlowLabel(packet: Uint8Array): number {
  return ((packet[1]! & 0x0f) << 16) | get16(packet, 2)
}

export function ipv6PayloadLength(packet: Uint8Array): number {
  return get16(packet, 4)
}

/** Of the fixed header: perhaps an extension header. See ipv6UpperProtocol. */
export function ipv6NextHeader(packet: Uint8Array): number {
  return packet[6]!
}

export function ipv6HopLimit(packet: Uint8Array): number {
  return packet[7]!
}

/** A view into the packet, not a copy. */
export function ipv6Source(packet: Uint8Array): Address {
  return packet.subarray(8, 24)
}

/** A view into the packet, not a copy. */
export function ipv6Destination(packet: Uint8Array): Address {
  return packet.subarray(24, 40)
}

/** A view of all that follows the fixed header, up to the payload length. */
export function ipv6Payload(packet: Uint8Array): Uint8Array {
  return packet.subarray(IPV6_HEADER, IPV6_HEADER + ipv6PayloadLength(packet))
}

/**
 * Where the upper-layer header starts, or −1 when the extension headers run past the packet. In a later fragment:
 * where its data starts.
 */
export function ipv6UpperOffset(packet: Uint8Array): number {
  return walk(packet, undefined) >> 8
}

/** The number of the upper-layer protocol, or −1 when the extension headers run past the packet. */
export function ipv6UpperProtocol(packet: Uint8Array): number {
  const at = walk(packet, undefined)
  return at < 0 ? -1 : at & 0xff
}

/** Where the fragment header stands, or −1 when there is none. */
export function ipv6FragmentHeader(packet: Uint8Array): number {
  const at = walk(packet, FRAGMENT)
  return at >= 0 && (at & 0xff) === FRAGMENT ? at >> 8 : -1
}

/**
 * Where the part that every fragment repeats ends (RFC 8200 §4.5): after the hop-by-hop and routing headers
 * and what stands before them, else after the fixed header. −1 when the headers run past the packet.
 */
export function ipv6PerFragmentEnd(packet: Uint8Array): number {
  let end = IPV6_HEADER
  let at = IPV6_HEADER
  let header = packet[6]!
  for (;;) {
    const length = extensionLength(packet, at, header)
    if (length === undefined || header === FRAGMENT || header === AUTHENTICATION) return end
    if (length < 0) return -1
    if (header === HOP_BY_HOP || header === ROUTING) end = at + length
    header = packet[at]!
    at += length
  }
}

/**
 * offset × 256 + protocol at the first header that is `stop` or no extension header; −1 when truncated. One number, so
 * that nothing is allocated.
 */
function walk(packet: Uint8Array, stop: number | undefined): number {
  let at = IPV6_HEADER
  let header = packet[6]!
  for (;;) {
    const length = extensionLength(packet, at, header)
    if (length === undefined) return (at << 8) | header
    if (length < 0) return -1
    if (header === stop) return (at << 8) | header
    const later = header === FRAGMENT && (get16(packet, at + 2) & 0xfff8) !== 0
    header = packet[at]!
    at += length
    if (later) return (at << 8) | header
  }
}

/** Undefined for what is no extension header that can be stepped over; −1 when it does not fit into the packet. */
function extensionLength(packet: Uint8Array, at: number, header: number): number | undefined {
  const known =
    header === HOP_BY_HOP ||
    header === ROUTING ||
    header === DESTINATION_OPTIONS ||
    header === FRAGMENT ||
    header === AUTHENTICATION
  if (!known) return undefined
  if (at + 8 > packet.length) return -1
  const length =
    header === FRAGMENT
      ? FRAGMENT_HEADER
      : header === AUTHENTICATION
        ? (packet[at + 1]! + 2) * 4
        : (packet[at + 1]! + 1) * 8
  return at + length > packet.length ? -1 : length
}
