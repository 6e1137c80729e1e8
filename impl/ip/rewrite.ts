/**
 * Changes to a packet in place, with every checksum that covers them updated and not computed anew:
 * a wrong checksum stays wrong. What NAT and routers do with bytes; when they do it is not decided here.
 * The packet is sound (checkIp). Copy it first when somebody else holds it.
 */
import type { Address } from '../box.ts'
import { get16, set16 } from './bytes.ts'
import { onesSum, updateChecksum } from './checksum.ts'
import { ICMP_HEADER, icmpEcho, quotedTransportOffset } from './icmp.ts'
import { PROTOCOL_ICMP, PROTOCOL_ICMPV6, PROTOCOL_TCP, PROTOCOL_UDP } from './ipv4.ts'
import { ipLength, ipProtocol, ipTtl, ipVersion, transportOffset } from './packet.ts'
import { tcpMssOffset } from './tcp.ts'

type Side = 'source' | 'destination'

/** TTL or hop limit. */
export function setTtl(packet: Uint8Array, ttl: number): void {
  if (ipVersion(packet) === 4) setIpv4Word(packet, 8, (ttl << 8) | packet[9]!)
  else packet[7] = ttl
}

/** One less. False, and nothing changed, when the packet must not be forwarded: TTL 0 or 1. */
export function decrementTtl(packet: Uint8Array): boolean {
  const ttl = ipTtl(packet)
  if (ttl <= 1) return false
  setTtl(packet, ttl - 1)
  return true
}

/** The whole traffic class: DSCP and ECN. */
export function setTos(packet: Uint8Array, tos: number): void {
  if (ipVersion(packet) === 4) {
    setIpv4Word(packet, 0, (packet[0]! << 8) | tos)
    return
  }
  packet[0] = 0x60 | (tos >>> 4)
  packet[1] = ((tos & 0x0f) << 4) | (packet[1]! & 0x0f)
}

/** The two ECN bits alone. */
export function setEcn(packet: Uint8Array, ecn: number): void {
  const tos = ipVersion(packet) === 4 ? packet[1]! : ((packet[0]! & 0x0f) << 4) | (packet[1]! >>> 4)
  setTos(packet, (tos & 0xfc) | ecn)
}

/** The don't-fragment bit of an IPv4 packet. */
export function setDontFragment(packet: Uint8Array, on: boolean): void {
  setIpv4Word(packet, 6, (get16(packet, 6) & ~0x4000) | (on ? 0x4000 : 0))
}

/** The identification of an IPv4 packet. */
export function setIpv4Id(packet: Uint8Array, id: number): void {
  setIpv4Word(packet, 4, id)
}

/**
 * The source address and, with `port`, the source port of UDP and TCP or the id of an ICMP echo.
 * A UDP checksum of zero stays zero on IPv4. A later fragment has no port: its address alone changes.
 */
export function rewriteSource(packet: Uint8Array, address: Address, port?: number): void {
  rewrite(packet, ipLength(packet), 'source', address, port)
}

/** As rewriteSource, for the destination; an ICMP echo has one id, which `port` sets too. */
export function rewriteDestination(packet: Uint8Array, address: Address, port?: number): void {
  rewrite(packet, ipLength(packet), 'destination', address, port)
}

/**
 * The packet quoted inside an ICMP error: its source or destination address and port (or echo id), its own checksums
 * as far as they are within the quote, and the checksum of the error. The outer addresses stay.
 * False, and nothing changed, when the quote is too short to be understood or the packet is no ICMP message.
 */
export function rewriteQuote(packet: Uint8Array, side: Side, address: Address, port?: number): boolean {
  const protocol = ipProtocol(packet)
  const at = transportOffset(packet)
  const end = ipLength(packet)
  if ((protocol !== PROTOCOL_ICMP && protocol !== PROTOCOL_ICMPV6) || at < 0 || at + ICMP_HEADER > end) return false
  const quote = packet.subarray(at + ICMP_HEADER, end)
  if (quotedTransportOffset(quote) === undefined || ipVersion(quote) !== ipVersion(packet)) return false
  const before = onesSum(quote)
  rewrite(quote, quote.length, side, address, port)
  set16(packet, at + 2, updateChecksum(get16(packet, at + 2), before, onesSum(quote)))
  return true
}

/** Lowers the maximum segment size of a TCP SYN to at most `mss`, as clamping gateways do. True when it changed. */
export function clampMss(packet: Uint8Array, mss: number): boolean {
  const at = transportOffset(packet)
  if (ipProtocol(packet) !== PROTOCOL_TCP || at < 0 || at + 20 > packet.length) return false
  const segment = packet.subarray(at, ipLength(packet))
  const where = (segment[13]! & 0x02) === 0 ? -1 : tcpMssOffset(segment)
  if (where < 0 || get16(segment, where) <= mss) return false
  const before = onesSum(segment)
  set16(segment, where, mss)
  set16(segment, 16, updateChecksum(get16(segment, 16), before, onesSum(segment)))
  return true
}

function rewrite(packet: Uint8Array, end: number, side: Side, address: Address, port: number | undefined): void {
  const v4 = ipVersion(packet) === 4
  const at = v4 ? (side === 'source' ? 12 : 16) : side === 'source' ? 8 : 24
  if (address.length !== (v4 ? 4 : 16)) throw new RangeError('the new address is of the other family')
  const before = onesSum(packet, at, at + address.length)
  packet.set(address, at)
  const after = onesSum(packet, at, at + address.length)
  if (v4) set16(packet, 10, updateChecksum(get16(packet, 10), before, after))
  const transport = transportOffset(packet)
  if (transport < 0) return
  const protocol = ipProtocol(packet)
  const udp = protocol === PROTOCOL_UDP
  const check = checksumOffset(protocol)
  // ICMPv4 alone has no pseudo header.
  const summed = check >= 0 && transport + check + 2 <= end
  if (summed && protocol !== PROTOCOL_ICMP) patch(packet, transport + check, udp, before, after)
  if (port === undefined) return
  const where = portOffset(packet, transport, end, protocol, side)
  if (where < 0 || where + 2 > end) return
  const old = get16(packet, where)
  set16(packet, where, port)
  if (summed) patch(packet, transport + check, udp, old, port)
}

/** Updates an upper-layer checksum. */
function patch(packet: Uint8Array, at: number, udp: boolean, before: number, after: number): void {
  const old = get16(packet, at)
  if (udp && old === 0) return
  const sum = updateChecksum(old, before, after)
  set16(packet, at, udp && sum === 0 ? 0xffff : sum)
}

function checksumOffset(protocol: number): number {
  if (protocol === PROTOCOL_UDP) return 6
  if (protocol === PROTOCOL_TCP) return 16
  return protocol === PROTOCOL_ICMP || protocol === PROTOCOL_ICMPV6 ? 2 : -1
}

/** Where the port or the echo id stands; -1: nowhere. */
function portOffset(packet: Uint8Array, transport: number, end: number, protocol: number, side: Side): number {
  if (protocol === PROTOCOL_UDP || protocol === PROTOCOL_TCP) return transport + (side === 'source' ? 0 : 2)
  const version = ipVersion(packet) === 4 ? 4 : 6
  if (protocol !== (version === 4 ? PROTOCOL_ICMP : PROTOCOL_ICMPV6)) return -1
  return icmpEcho(packet.subarray(transport, end), version) === undefined ? -1 : transport + 4
}

function setIpv4Word(packet: Uint8Array, at: number, word: number): void {
  set16(packet, 10, updateChecksum(get16(packet, 10), get16(packet, at), word))
  set16(packet, at, word)
}
