/**
 * Fragmentation of both families, and putting fragments together. When to do it, and for how long to wait, is not
 * decided here.
 */
import { get16, get32, sameBytes, set16, set32 } from './bytes.ts'
import {
  IPV4_HEADER,
  ipv4FragmentOffset,
  ipv4HeaderLength,
  ipv4Id,
  ipv4IsFragment,
  ipv4MoreFragments,
  ipv4Options,
  ipv4Payload,
  ipv4Protocol,
  ipv4TotalLength,
  writeIpv4Checksum,
} from './ipv4.ts'
import {
  FRAGMENT,
  FRAGMENT_HEADER,
  IPV6_HEADER,
  ipv6FragmentHeader,
  ipv6PayloadLength,
  ipv6PerFragmentEnd,
} from './ipv6.ts'
import { ipVersion } from './packet.ts'

export interface Fragment {
  /** 16 bits in IPv4, 32 in IPv6. */
  readonly id: number
  readonly protocol: number
  /** In bytes. */
  readonly offset: number
  readonly more: boolean
  /** A view. */
  readonly data: Uint8Array
}

export type Joined =
  | { readonly kind: 'whole'; readonly packet: Uint8Array }
  | { readonly kind: 'incomplete' }
  /**
   * Two pieces say different things of the same bytes, or there is data after the end: the packet is lost (RFC 5722,
   * and Linux for IPv4).
   */
  | { readonly kind: 'overlap' }
  /** Put together it would have more than 65535 bytes. */
  | { readonly kind: 'too-long' }

/**
 * Pieces of at most `mtu` bytes; the packet itself when it fits. It may be a fragment already. DF is the caller's
 * question.
 * Later pieces carry only the options with the copied flag (RFC 791 §3.1). Throws a RangeError when not even 8 bytes
 * of data fit.
 */
export function fragmentIpv4(packet: Uint8Array, mtu: number): Uint8Array[] {
  const total = ipv4TotalLength(packet)
  if (total <= mtu) return [packet.subarray(0, total)]
  const data = ipv4Payload(packet)
  const start = ipv4FragmentOffset(packet)
  const later = copiedOptions(ipv4Options(packet))
  const pieces: Uint8Array[] = []
  for (let at = 0; at < data.length; ) {
    const options = at === 0 ? ipv4Options(packet) : later
    const header = IPV4_HEADER + options.length
    const room = (mtu - header) & ~7
    if (room < 8) throw new RangeError(`an MTU of ${mtu} leaves no room for 8 bytes after a header of ${header}`)
    const chunk = data.length - at <= mtu - header ? data.subarray(at) : data.subarray(at, at + room)
    const last = at + chunk.length === data.length
    const piece = new Uint8Array(header + chunk.length)
    piece.set(packet.subarray(0, IPV4_HEADER))
    piece.set(options, IPV4_HEADER)
    piece.set(chunk, header)
    piece[0] = 0x40 | (header >>> 2)
    set16(piece, 2, piece.length)
    const more = !last || ipv4MoreFragments(packet)
    set16(piece, 6, (get16(packet, 6) & 0xc000) | (more ? 0x2000 : 0) | ((start + at) >>> 3))
    writeIpv4Checksum(piece)
    pieces.push(piece)
    at += chunk.length
  }
  return pieces
}

/**
 * Pieces of at most `mtu` bytes with a fragment header each; the packet itself when it fits. Only the source does this
 * in IPv6.
 * Throws a RangeError for a packet that is a fragment already, and when not even 8 bytes of data fit.
 */
export function fragmentIpv6(packet: Uint8Array, mtu: number, id: number): Uint8Array[] {
  const total = IPV6_HEADER + ipv6PayloadLength(packet)
  if (total <= mtu) return [packet.subarray(0, total)]
  if (ipv6FragmentHeader(packet) >= 0) throw new RangeError('an IPv6 fragment is not fragmented again')
  const end = ipv6PerFragmentEnd(packet)
  const header = end + FRAGMENT_HEADER
  const room = (mtu - header) & ~7
  if (end < 0 || room < 8)
    throw new RangeError(`an MTU of ${mtu} leaves no room for 8 bytes after headers of ${header}`)
  const link = lastNextHeader(packet, end)
  const data = packet.subarray(end, total)
  const pieces: Uint8Array[] = []
  for (let at = 0; at < data.length; ) {
    const chunk = data.length - at <= mtu - header ? data.subarray(at) : data.subarray(at, at + room)
    const more = at + chunk.length < data.length
    const piece = new Uint8Array(header + chunk.length)
    piece.set(packet.subarray(0, end))
    piece[link] = FRAGMENT
    set16(piece, 4, piece.length - IPV6_HEADER)
    piece[end] = packet[link]!
    set16(piece, end + 2, at | (more ? 1 : 0))
    set32(piece, end + 4, id)
    piece.set(chunk, header)
    pieces.push(piece)
    at += chunk.length
  }
  return pieces
}

/**
 * The packet as a fragment, or undefined when it is a whole packet. A fragment of IPv6 that is alone (offset 0, none
 * follow) counts as one.
 */
export function fragmentOf(packet: Uint8Array): Fragment | undefined {
  if (ipVersion(packet) === 4) {
    if (!ipv4IsFragment(packet)) return undefined
    return {
      id: ipv4Id(packet),
      protocol: ipv4Protocol(packet),
      offset: ipv4FragmentOffset(packet),
      more: ipv4MoreFragments(packet),
      data: ipv4Payload(packet),
    }
  }
  const at = ipv6FragmentHeader(packet)
  if (at < 0) return undefined
  return {
    id: get32(packet, at + 4),
    protocol: packet[at]!,
    offset: get16(packet, at + 2) & 0xfff8,
    more: (packet[at + 3]! & 1) !== 0,
    data: packet.subarray(at + FRAGMENT_HEADER, IPV6_HEADER + ipv6PayloadLength(packet)),
  }
}

/** The whole packet out of the fragments of one id, in any order; exact copies are ignored. */
export function joinFragments(packets: readonly Uint8Array[]): Joined {
  const pieces: { packet: Uint8Array; fragment: Fragment }[] = []
  for (const packet of packets) {
    const fragment = fragmentOf(packet)
    if (fragment !== undefined) pieces.push({ packet, fragment })
  }
  pieces.sort((a, b) => a.fragment.offset - b.fragment.offset || a.fragment.data.length - b.fragment.data.length)
  let end = 0
  let last: Fragment | undefined
  const chunks: Uint8Array[] = []
  let gap = false
  for (const { fragment } of pieces) {
    if (last !== undefined && isCopy(last, fragment)) continue
    if (last !== undefined && (fragment.offset < end || !last.more)) return { kind: 'overlap' }
    if (fragment.offset > end) gap = true
    end = fragment.offset + fragment.data.length
    chunks.push(fragment.data)
    last = fragment
  }
  const first = pieces[0]
  if (first === undefined || last === undefined || gap || last.more) return { kind: 'incomplete' }
  return assemble(first.packet, chunks, end)
}

function assemble(first: Uint8Array, chunks: readonly Uint8Array[], length: number): Joined {
  const v4 = ipVersion(first) === 4
  const at = v4 ? -1 : ipv6FragmentHeader(first)
  const header = v4 ? ipv4HeaderLength(first) : at
  const stated = v4 ? header + length : header - IPV6_HEADER + length
  if (stated > 65535) return { kind: 'too-long' }
  const packet = new Uint8Array(header + length)
  packet.set(first.subarray(0, header))
  let to = header
  for (const chunk of chunks) {
    packet.set(chunk, to)
    to += chunk.length
  }
  if (v4) {
    set16(packet, 2, stated)
    set16(packet, 6, get16(first, 6) & 0xc000)
    writeIpv4Checksum(packet)
  } else {
    packet[lastNextHeader(first, at)] = first[at]!
    set16(packet, 4, stated)
  }
  return { kind: 'whole', packet }
}

function isCopy(a: Fragment, b: Fragment): boolean {
  return a.offset === b.offset && a.more === b.more && sameBytes(a.data, b.data)
}

/** Where the next-header field of the last header before `end` stands. */
function lastNextHeader(packet: Uint8Array, end: number): number {
  let field = 6
  for (let at = IPV6_HEADER; at < end; ) {
    field = at
    at += (packet[at + 1]! + 1) * 8
  }
  return field
}

/** The options that every fragment carries, padded to 4 bytes. */
function copiedOptions(options: Uint8Array): Uint8Array {
  const kept: number[] = []
  for (let at = 0; at < options.length; ) {
    const type = options[at]!
    if (type === 0) break
    const length = type === 1 ? 1 : (options[at + 1] ?? 0)
    if (length < 1 || (type !== 1 && length < 2) || at + length > options.length) break
    if ((type & 0x80) !== 0) kept.push(...options.subarray(at, at + length))
    at += length
  }
  while (kept.length % 4 !== 0) kept.push(0)
  return Uint8Array.from(kept)
}
