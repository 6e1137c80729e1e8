/**
 * Translation of headers between IPv4 and IPv6 (RFC 7915), without state and without policy. Given a sound packet and the
 * addresses it is to have; a packet with every checksum right comes out, or nothing where RFC 7915 says to drop.
 * The hop is not counted here.
 */
import type { Address } from '../../impl/box.ts'
import { get16, set16, set32 } from '../../impl/ip/bytes.ts'
import { checksum, onesSum, pseudoHeaderSum, updateChecksum } from '../../impl/ip/checksum.ts'
import { fragmentOf } from '../../impl/ip/fragment.ts'
import {
  buildIpv4,
  IPV4_HEADER,
  ipv4HeaderLength,
  ipv4TotalLength,
  PROTOCOL_ICMP,
  PROTOCOL_ICMPV6,
  PROTOCOL_TCP,
  PROTOCOL_UDP,
} from '../../impl/ip/ipv4.ts'
import {
  buildIpv6,
  FRAGMENT,
  FRAGMENT_HEADER,
  IPV6_HEADER,
  ipv6PayloadLength,
  ipv6UpperOffset,
} from '../../impl/ip/ipv6.ts'
import { ipDestination, ipLength, ipProtocol, ipSource, ipTos, ipTtl, ipVersion } from '../../impl/ip/packet.ts'
import { icmp4to6, icmp6to4 } from './siit-icmp.ts'

export interface Ends {
  readonly source: Address
  readonly destination: Address
}

export interface Siit {
  /** The addresses of the packet that comes out. */
  readonly ends: Ends
  /** Of the packet quoted in an ICMP error: without them errors are dropped. */
  readonly quoted?: Ends | undefined
  /** The MTU of the next link on each side: what a translated "too big" may not exceed (RFC 7915 §4.2, §5.2). */
  readonly mtu: { readonly v4: number; readonly v6: number }
  /** The identification of an IPv4 packet that comes from IPv6. */
  readonly id?: number
}

/** RFC 7915 §5.1: up to this size the IPv4 packet has DF clear. */
const DF_ABOVE = 1260
/** RFC 4443 §2.4 c: an ICMPv6 error stays within the least MTU. */
const V6_ERROR_LIMIT = 1280

/** An IPv4 packet as IPv6; undefined: it has no counterpart. A fragment keeps being one. */
export function toIpv6(packet: Uint8Array, siit: Siit): Uint8Array | undefined {
  const message = packet.subarray(ipv4HeaderLength(packet), ipv4TotalLength(packet))
  const body = upper(packet, message, siit, 6)
  return body === undefined ? undefined : ipv6Around(packet, body, siit.ends)
}

/** An IPv6 packet as IPv4; undefined: it has no counterpart. */
export function toIpv4(packet: Uint8Array, siit: Siit): Uint8Array | undefined {
  const at = ipv6UpperOffset(packet)
  if (at < 0) return undefined
  const message = packet.subarray(at, IPV6_HEADER + ipv6PayloadLength(packet))
  const body = upper(packet, message, siit, 4)
  return body === undefined ? undefined : ipv4Around(packet, body, siit.ends, siit.id ?? 0)
}

/** RFC 7915 §4.1. The fragment header is there for fragments alone. */
function ipv6Around(packet: Uint8Array, body: Uint8Array, ends: Ends): Uint8Array {
  const fragment = fragmentOf(packet)
  const protocol = ipProtocol(packet) === PROTOCOL_ICMP ? PROTOCOL_ICMPV6 : ipProtocol(packet)
  const fields = { ...ends, hopLimit: ipTtl(packet), trafficClass: ipTos(packet) }
  if (fragment === undefined) return buildIpv6({ ...fields, protocol, payload: body })
  const payload = new Uint8Array(FRAGMENT_HEADER + body.length)
  payload[0] = protocol
  set16(payload, 2, fragment.offset | (fragment.more ? 1 : 0))
  set32(payload, 4, fragment.id)
  payload.set(body, FRAGMENT_HEADER)
  return buildIpv6({ ...fields, protocol: FRAGMENT, payload })
}

/** RFC 7915 §5.1. */
function ipv4Around(packet: Uint8Array, body: Uint8Array, ends: Ends, id: number): Uint8Array {
  const fragment = fragmentOf(packet)
  const protocol = ipProtocol(packet) === PROTOCOL_ICMPV6 ? PROTOCOL_ICMP : ipProtocol(packet)
  const fields = { ...ends, protocol, ttl: ipTtl(packet), tos: ipTos(packet), payload: body }
  if (fragment === undefined) {
    return buildIpv4({ ...fields, id, dontFragment: IPV4_HEADER + body.length > DF_ABOVE })
  }
  const { offset, more } = fragment
  return buildIpv4({ ...fields, id: fragment.id & 0xffff, moreFragments: more, fragmentOffset: offset })
}

/** What follows the IP header, for the other family, in a copy. */
function upper(packet: Uint8Array, message: Uint8Array, siit: Siit, into: 4 | 6): Uint8Array | undefined {
  const protocol = ipProtocol(packet)
  const { offset = 0, more = false } = fragmentOf(packet) ?? {}
  // A later fragment has no header of its own.
  if (offset > 0) return protocol === PROTOCOL_ICMP || protocol === PROTOCOL_ICMPV6 ? undefined : message.slice()
  if (protocol === (into === 6 ? PROTOCOL_ICMP : PROTOCOL_ICMPV6)) {
    // A checksum that covers the pseudo header, or not, needs the whole message.
    return more ? undefined : icmp(message, siit, into)
  }
  if (protocol === PROTOCOL_UDP || protocol === PROTOCOL_TCP) {
    return segment(message, protocol, [packet, siit.ends], into, more)
  }
  return undefined
}

function segment(
  message: Uint8Array,
  protocol: number,
  [before, after]: readonly [Uint8Array, Ends],
  into: 4 | 6,
  partial: boolean,
): Uint8Array | undefined {
  const at = protocol === PROTOCOL_UDP ? 6 : 16
  const copy = message.slice()
  if (copy.length < at + 2) return undefined
  const old = get16(copy, at)
  if (protocol === PROTOCOL_UDP && old === 0) {
    if (into === 4) return copy
    // RFC 7915 §4.5: a checksum is made; of a fragment it can not be.
    if (partial) return undefined
    const sum = checksum(copy, 0, copy.length, pseudoHeaderSum(after.source, after.destination, protocol, copy.length))
    set16(copy, at, sum === 0 ? 0xffff : sum)
    return copy
  }
  const sum = updateChecksum(old, addressSum(ipSource(before), ipDestination(before)), endsSum(after))
  set16(copy, at, protocol === PROTOCOL_UDP && sum === 0 ? 0xffff : sum)
  return copy
}

function endsSum({ source, destination }: Ends): number {
  return addressSum(source, destination)
}

function addressSum(source: Address, destination: Address): number {
  return onesSum(source, 0, source.length, onesSum(destination))
}

function icmp(message: Uint8Array, siit: Siit, into: 4 | 6): Uint8Array | undefined {
  const header = into === 6 ? icmp4to6(message, siit.mtu) : icmp6to4(message, siit.mtu)
  if (header === undefined) return undefined
  const body = header.error ? quote(message.subarray(8), siit, into) : message.subarray(8)
  if (body === undefined) return undefined
  const translated = new Uint8Array(8 + body.length)
  translated.set([header.type, header.code])
  set32(translated, 4, header.rest)
  translated.set(body, 8)
  const { source, destination } = siit.ends
  const pseudo = into === 6 ? pseudoHeaderSum(source, destination, PROTOCOL_ICMPV6, translated.length) : 0
  set16(translated, 2, checksum(translated, 0, translated.length, pseudo))
  return translated
}

/**
 * The quoted packet, perhaps cut short: its header says how long it was. It is translated as if it were whole, with what
 * is missing as zeros, and cut again; the checksum of its payload is then only updated, as is due.
 */
function quote(quoted: Uint8Array, siit: Siit, into: 4 | 6): Uint8Array | undefined {
  const from = into === 6 ? 4 : 6
  if (siit.quoted === undefined || ipVersion(quoted) !== from) return undefined
  if (quoted.length < (from === 4 ? 28 : 48)) return undefined
  const whole = new Uint8Array(Math.max(ipLength(quoted), quoted.length))
  whole.set(quoted)
  const inner = { ends: siit.quoted, mtu: siit.mtu, ...(siit.id === undefined ? {} : { id: siit.id }) }
  const translated = into === 6 ? toIpv6(whole, inner) : toIpv4(whole, inner)
  if (translated === undefined) return undefined
  const missing = whole.length - quoted.length
  const kept = translated.length - missing
  return translated.subarray(0, into === 6 ? Math.min(kept, V6_ERROR_LIMIT - IPV6_HEADER - 8) : kept)
}
