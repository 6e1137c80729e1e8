/** An IP packet of either family. START HERE: the rest of this folder is one header each. */

import type { Ecn } from '../api.ts'
import type { Address } from '../box.ts'
import { get16 } from './bytes.ts'
import { checksum, onesSum } from './checksum.ts'
import {
  buildIpv4,
  IPV4_HEADER,
  ipv4FragmentOffset,
  ipv4HeaderLength,
  ipv4IsFragment,
  ipv4Protocol,
  ipv4TotalLength,
  PROTOCOL_ICMP,
  PROTOCOL_ICMPV6,
  PROTOCOL_TCP,
  PROTOCOL_UDP,
} from './ipv4.ts'
import {
  buildIpv6,
  IPV6_HEADER,
  ipv6FragmentHeader,
  ipv6PayloadLength,
  ipv6TrafficClass,
  ipv6UpperOffset,
  ipv6UpperProtocol,
} from './ipv6.ts'
import { UDP_HEADER } from './udp.ts'

export interface IpFields {
  readonly source: Address
  readonly destination: Address
  readonly protocol: number
  /** TTL or hop limit. Default 64. */
  readonly ttl?: number
  /** DSCP and ECN. Default 0. */
  readonly tos?: number
  /** IPv4 alone. */
  readonly id?: number
  /** IPv4 alone. */
  readonly dontFragment?: boolean
  readonly payload: Uint8Array
}

/** An IPv4 or IPv6 packet, by the length of the addresses. Throws a RangeError on fields that do not fit. */
export function buildIp(fields: IpFields): Uint8Array {
  if (fields.source.length === 4) return buildIpv4(fields)
  const { source, destination, protocol, payload } = fields
  const hopLimit = fields.ttl ?? 64
  return buildIpv6({ source, destination, protocol, hopLimit, trafficClass: fields.tos ?? 0, payload })
}

/** The first nibble: 4, 6, or what else stands there; 0 for an empty packet. */
export function ipVersion(packet: Uint8Array): number {
  return packet.length === 0 ? 0 : packet[0]! >>> 4
}

/**
 * Why a receiver drops this packet before it looks at the payload, or undefined when it is sound.
 * As Linux ip_rcv and ip6_rcv do: bytes after the stated length are allowed, see trimIp.
 */
export function checkIp(packet: Uint8Array): string | undefined {
  const version = ipVersion(packet)
  if (version === 4) return checkIpv4(packet)
  if (version === 6) return checkIpv6(packet)
  return packet.length === 0 ? 'empty packet' : `IP version ${version} is neither 4 nor 6`
}

/** The packet without bytes after its stated length, as a view. The packet is sound. */
export function trimIp(packet: Uint8Array): Uint8Array {
  return packet.subarray(0, ipLength(packet))
}

/** The length that the header states, in bytes. */
export function ipLength(packet: Uint8Array): number {
  return ipVersion(packet) === 4 ? ipv4TotalLength(packet) : IPV6_HEADER + ipv6PayloadLength(packet)
}

/** A view into the packet, not a copy. */
export function ipSource(packet: Uint8Array): Address {
  return ipVersion(packet) === 4 ? packet.subarray(12, 16) : packet.subarray(8, 24)
}

/** A view into the packet, not a copy. */
export function ipDestination(packet: Uint8Array): Address {
  return ipVersion(packet) === 4 ? packet.subarray(16, 20) : packet.subarray(24, 40)
}

/** TTL or hop limit. */
export function ipTtl(packet: Uint8Array): number {
  return ipVersion(packet) === 4 ? packet[8]! : packet[7]!
}

/** The traffic class: DSCP and ECN. */
export function ipTos(packet: Uint8Array): number {
  return ipVersion(packet) === 4 ? packet[1]! : ipv6TrafficClass(packet)
}

export function ipEcn(packet: Uint8Array): Ecn {
  return (ipTos(packet) & 3) as Ecn
}

/** The upper-layer protocol's number, after IPv6 extension headers; −1 when they run past the packet. */
export function ipProtocol(packet: Uint8Array): number {
  return ipVersion(packet) === 4 ? ipv4Protocol(packet) : ipv6UpperProtocol(packet)
}

/** Whether this is a piece of a larger packet. */
export function isFragment(packet: Uint8Array): boolean {
  if (ipVersion(packet) === 4) return ipv4IsFragment(packet)
  const at = ipv6FragmentHeader(packet)
  // An atomic fragment (offset 0, none follow) is a whole packet (RFC 6946).
  return at >= 0 && (get16(packet, at + 2) & 0xfff9) !== 0
}

/**
 * Where the upper-layer header starts; −1 in a fragment that is not the first, and when the headers run past the
 * packet.
 */
export function transportOffset(packet: Uint8Array): number {
  if (ipVersion(packet) === 4) return ipv4FragmentOffset(packet) === 0 ? ipv4HeaderLength(packet) : -1
  const at = ipv6FragmentHeader(packet)
  return at >= 0 && (get16(packet, at + 2) & 0xfff8) !== 0 ? -1 : ipv6UpperOffset(packet)
}

/** The upper-layer header and what follows it, up to the stated length, as a view; empty in a later fragment. */
export function transportPayload(packet: Uint8Array): Uint8Array {
  const at = transportOffset(packet)
  return at < 0 ? packet.subarray(0, 0) : packet.subarray(at, ipLength(packet))
}

/**
 * Why a host drops this whole, sound packet when it looks at UDP, TCP or ICMP: too short, a wrong length, a wrong
 * checksum.
 * Undefined when it is right, when the protocol is another, and for fragments, which have no checksum of their own.
 */
export function checkTransport(packet: Uint8Array): string | undefined {
  if (isFragment(packet)) return undefined
  const protocol = ipProtocol(packet)
  const at = transportOffset(packet)
  const length = at < 0 ? 0 : Math.max(0, ipLength(packet) - at)
  if (protocol === PROTOCOL_UDP) return checkUdp(packet, at, length)
  if (protocol === PROTOCOL_TCP) {
    if (length < 20) return `TCP segment of ${length} bytes: shorter than its header of 20`
    return sumOf(packet, at, length, protocol) === 0 ? undefined : 'TCP checksum is wrong'
  }
  const icmpv6 = protocol === PROTOCOL_ICMPV6 && ipVersion(packet) === 6
  if (!icmpv6 && !(protocol === PROTOCOL_ICMP && ipVersion(packet) === 4)) return undefined
  if (length < 8) return `ICMP message of ${length} bytes: shorter than its header of 8`
  const sum = icmpv6 ? sumOf(packet, at, length, protocol) : checksum(packet, at, at + length)
  return sum === 0 ? undefined : 'ICMP checksum is wrong'
}

/** `at`: where the datagram starts; `room`: so many bytes of the packet are left for it. */
function checkUdp(packet: Uint8Array, at: number, room: number): string | undefined {
  if (room < UDP_HEADER) return `UDP datagram of ${room} bytes: shorter than its header of 8`
  const length = get16(packet, at + 4)
  if (length < UDP_HEADER || length > room) return `UDP length ${length} in a datagram of ${room} bytes`
  if (get16(packet, at + 6) === 0) {
    return ipVersion(packet) === 4 ? undefined : 'UDP checksum is missing, which IPv6 forbids'
  }
  return sumOf(packet, at, length, PROTOCOL_UDP) === 0 ? undefined : 'UDP checksum is wrong'
}

/** Without a view of anything: every packet that arrives is summed. The two addresses stand side by side. */
function sumOf(packet: Uint8Array, at: number, length: number, protocol: number): number {
  const v4 = ipVersion(packet) === 4
  const pseudo = onesSum(packet, v4 ? 12 : 8, v4 ? 20 : 40, protocol + length)
  return checksum(packet, at, at + length, pseudo)
}

function checkIpv4(packet: Uint8Array): string | undefined {
  if (packet.length < IPV4_HEADER) return `IPv4 packet of ${packet.length} bytes: shorter than its header of 20`
  const header = ipv4HeaderLength(packet)
  if (header < IPV4_HEADER) return `IPv4 header length ${header}: less than 20`
  if (header > packet.length) return `IPv4 header length ${header}: more than the packet's ${packet.length} bytes`
  const total = ipv4TotalLength(packet)
  if (total < header) return `IPv4 total length ${total}: less than the header's ${header}`
  if (total > packet.length) return `IPv4 total length ${total}: more than the packet's ${packet.length} bytes`
  return checksum(packet, 0, header) === 0 ? undefined : 'IPv4 header checksum is wrong'
}

function checkIpv6(packet: Uint8Array): string | undefined {
  if (packet.length < IPV6_HEADER) return `IPv6 packet of ${packet.length} bytes: shorter than its header of 40`
  const total = IPV6_HEADER + ipv6PayloadLength(packet)
  if (total > packet.length) return `IPv6 length ${total}: more than the packet's ${packet.length} bytes`
  if (packet[8] === 0xff) return 'IPv6 source address is multicast'
  return ipv6UpperOffset(packet) < 0 ? 'IPv6 extension headers run past the packet' : undefined
}
