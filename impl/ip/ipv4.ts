/** The IPv4 header (RFC 791) as a view. Readers expect at least 20 bytes: see checkIp in packet.ts. */
import type { Address } from '../box.ts'
import { get16, set16 } from './bytes.ts'
import { checksum } from './checksum.ts'

export const IPV4_HEADER = 20
export const PROTOCOL_ICMP = 1
export const PROTOCOL_TCP = 6
export const PROTOCOL_UDP = 17
export const PROTOCOL_ICMPV6 = 58

export interface Ipv4Fields {
  readonly source: Address
  readonly destination: Address
  readonly protocol: number
  /** Default 64. */
  readonly ttl?: number
  /** DSCP and ECN. Default 0. */
  readonly tos?: number
  /** Default 0. */
  readonly id?: number
  readonly dontFragment?: boolean
  readonly moreFragments?: boolean
  /** In bytes, a multiple of 8. Default 0. */
  readonly fragmentOffset?: number
  /** Raw options, a multiple of 4 bytes, at most 40. */
  readonly options?: Uint8Array
  readonly payload: Uint8Array
}

/** A whole packet with a right header checksum. Throws a RangeError on fields that do not fit. */
export function buildIpv4(fields: Ipv4Fields): Uint8Array {
  const options = fields.options ?? new Uint8Array(0)
  const offset = fields.fragmentOffset ?? 0
  const header = IPV4_HEADER + options.length
  const total = header + fields.payload.length
  if (fields.source.length !== 4 || fields.destination.length !== 4) throw new RangeError('IPv4 needs 4-byte addresses')
  if (options.length > 40 || options.length % 4 !== 0) throw new RangeError(`IPv4 options of ${options.length} bytes`)
  if (total > 65535) throw new RangeError(`an IPv4 packet has at most 65535 bytes, not ${total}`)
  if (offset % 8 !== 0 || offset > 65528)
    throw new RangeError(`fragment offset ${offset} is no multiple of 8 up to 65528`)
  const packet = new Uint8Array(total)
  packet[0] = 0x40 | (header >>> 2)
  packet[1] = fields.tos ?? 0
  set16(packet, 2, total)
  set16(packet, 4, fields.id ?? 0)
  set16(packet, 6, (fields.dontFragment ? 0x4000 : 0) | (fields.moreFragments ? 0x2000 : 0) | (offset >>> 3))
  packet[8] = fields.ttl ?? 64
  packet[9] = fields.protocol
  packet.set(fields.source, 12)
  packet.set(fields.destination, 16)
  packet.set(options, IPV4_HEADER)
  packet.set(fields.payload, header)
  writeIpv4Checksum(packet)
  return packet
}

/** In bytes, options included: 20 … 60 in a sound packet. */
export function ipv4HeaderLength(packet: Uint8Array): number {
  return (packet[0]! & 0x0f) << 2
}

export function ipv4Tos(packet: Uint8Array): number {
  return packet[1]!
}

export function ipv4TotalLength(packet: Uint8Array): number {
  return get16(packet, 2)
}

export function ipv4Id(packet: Uint8Array): number {
  return get16(packet, 4)
}

export function ipv4DontFragment(packet: Uint8Array): boolean {
  return (packet[6]! & 0x40) !== 0
}

export function ipv4MoreFragments(packet: Uint8Array): boolean {
  return (packet[6]! & 0x20) !== 0
}

/** In bytes. */
export function ipv4FragmentOffset(packet: Uint8Array): number {
  return (get16(packet, 6) & 0x1fff) << 3
}

export function ipv4IsFragment(packet: Uint8Array): boolean {
  return (get16(packet, 6) & 0x3fff) !== 0
}

export function ipv4Ttl(packet: Uint8Array): number {
  return packet[8]!
}

export function ipv4Protocol(packet: Uint8Array): number {
  return packet[9]!
}

export function ipv4Checksum(packet: Uint8Array): number {
  return get16(packet, 10)
}

/** A view into the packet, not a copy. */
export function ipv4Source(packet: Uint8Array): Address {
  return packet.subarray(12, 16)
}

/** A view into the packet, not a copy. */
export function ipv4Destination(packet: Uint8Array): Address {
  return packet.subarray(16, 20)
}

/** A view of the options, often empty. */
export function ipv4Options(packet: Uint8Array): Uint8Array {
  return packet.subarray(IPV4_HEADER, ipv4HeaderLength(packet))
}

/** A view of what stands after the header, up to the total length. */
export function ipv4Payload(packet: Uint8Array): Uint8Array {
  return packet.subarray(ipv4HeaderLength(packet), ipv4TotalLength(packet))
}

/** Computes the header checksum anew. */
export function writeIpv4Checksum(packet: Uint8Array): void {
  set16(packet, 10, 0)
  set16(packet, 10, checksum(packet, 0, ipv4HeaderLength(packet)))
}
