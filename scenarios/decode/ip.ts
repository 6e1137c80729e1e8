/** IPv4, IPv6, UDP and ICMP, as far as the lab needs to tell what a packet is. Views into the bytes, nothing is copied. */

export const UDP = 17
export const ICMP = 1
export const ICMPV6 = 58

/** One IP packet, IPv6 extension headers already walked. */
export interface IpPacket {
  readonly version: 4 | 6
  readonly source: Uint8Array
  readonly destination: Uint8Array
  /** Protocol number of the payload. */
  readonly protocol: number
  readonly hopLimit: number
  /** DSCP and ECN: 8 bits. */
  readonly trafficClass: number
  /** Bytes before the payload, options and extension headers included. */
  readonly headerSize: number
  /** Bytes of the whole packet as its header claims; more than there are in a quoted packet. */
  readonly totalSize: number
  /** IPv4: the DF bit. IPv6: always, routers never fragment. */
  readonly dontFragment: boolean
  /** Offset in bytes. */
  readonly fragment?: { readonly id: number; readonly offset: number; readonly more: boolean }
  /** What is there of the payload, without link padding. */
  readonly payload: Uint8Array
}

export interface UdpDatagram {
  readonly sourcePort: number
  readonly destinationPort: number
  /** Payload bytes as the header claims; more than there are in a first fragment or a quoted packet. */
  readonly size: number
  readonly checksum: number
  readonly payload: Uint8Array
}

export type IcmpMessage =
  | {
      readonly kind: 'echo-request' | 'echo-reply'
      readonly id: number
      readonly sequence: number
      readonly data: Uint8Array
    }
  | {
      readonly kind: 'unreachable' | 'too-big' | 'time-exceeded' | 'other-error'
      readonly type: number
      readonly code: number
      /** The MTU a "too big" tells, bytes. */
      readonly mtu?: number
      /** The beginning of the packet it complains about. */
      readonly quoted: Uint8Array
    }
  | { readonly kind: 'other'; readonly type: number; readonly code: number }

/** A view of an IP packet, or undefined where it is none. A packet shorter than it claims is decoded as far as it goes. */
export function decodeIp(bytes: Uint8Array): IpPacket | undefined {
  const version = (bytes[0] ?? 0) >> 4
  if (version === 4) return decodeV4(bytes)
  if (version === 6) return decodeV6(bytes)
  return undefined
}

/** The UDP datagram in an IP packet, or undefined: another protocol, a later fragment, too short. */
export function decodeUdp(ip: IpPacket): UdpDatagram | undefined {
  const { payload } = ip
  if (ip.protocol !== UDP || (ip.fragment?.offset ?? 0) !== 0 || payload.length < 8) return undefined
  const length = u16(payload, 4)
  if (length < 8) return undefined
  return {
    sourcePort: u16(payload, 0),
    destinationPort: u16(payload, 2),
    size: length - 8,
    checksum: u16(payload, 6),
    payload: payload.subarray(8, length),
  }
}

/** The ICMP or ICMPv6 message in an IP packet (RFC 792, RFC 4443), or undefined. */
export function decodeIcmp(ip: IpPacket): IcmpMessage | undefined {
  const { payload } = ip
  if ((ip.fragment?.offset ?? 0) !== 0 || payload.length < 8) return undefined
  const type = payload[0] ?? 0
  const code = payload[1] ?? 0
  if (ip.version === 4 && ip.protocol === ICMP) {
    if (type === 8 || type === 0) return echo(payload, type === 8)
    const error = { type, code, quoted: payload.subarray(8) }
    if (type === 3 && code === 4) return { kind: 'too-big', ...error, mtu: u16(payload, 6) }
    if (type === 3) return { kind: 'unreachable', ...error }
    if (type === 11) return { kind: 'time-exceeded', ...error }
    if (type === 4 || type === 5 || type === 12) return { kind: 'other-error', ...error }
    return { kind: 'other', type, code }
  }
  if (ip.version === 6 && ip.protocol === ICMPV6) {
    if (type === 128 || type === 129) return echo(payload, type === 128)
    const error = { type, code, quoted: payload.subarray(8) }
    if (type === 1) return { kind: 'unreachable', ...error }
    if (type === 2) return { kind: 'too-big', ...error, mtu: u32(payload, 4) }
    if (type === 3) return { kind: 'time-exceeded', ...error }
    return type < 128 ? { kind: 'other-error', ...error } : { kind: 'other', type, code }
  }
  return undefined
}

/**
 * Where the UDP header begins in an IP packet, or -1: no IP, no UDP, a later fragment, cut short. Allocates nothing.
 * The first fragment of a datagram counts.
 */
export function udpOffset(bytes: Uint8Array): number {
  const version = (bytes[0] ?? 0) >> 4
  let offset = 0
  if (version === 4) {
    offset = ((bytes[0] ?? 0) & 0x0f) * 4
    if (offset < 20 || bytes[9] !== UDP || (u16(bytes, 6) & 0x1fff) !== 0) return -1
  } else if (version === 6) {
    offset = 40
    let next = bytes[6] ?? 59
    while (isExtension(next)) {
      if (offset + 8 > bytes.length) return -1
      if (next === FRAGMENT && (u16(bytes, offset + 2) & 0xfff8) !== 0) return -1
      const size = extensionSize(next, bytes[offset + 1] ?? 0)
      next = bytes[offset] ?? 59
      offset += size
    }
    if (next !== UDP) return -1
  } else return -1
  return offset + 8 <= bytes.length ? offset : -1
}

function decodeV4(bytes: Uint8Array): IpPacket | undefined {
  const headerSize = ((bytes[0] ?? 0) & 0x0f) * 4
  if (headerSize < 20 || bytes.length < headerSize) return undefined
  const totalSize = u16(bytes, 2)
  if (totalSize < headerSize) return undefined
  const flags = u16(bytes, 6)
  const offset = (flags & 0x1fff) * 8
  const more = (flags & 0x2000) !== 0
  return {
    version: 4,
    source: bytes.subarray(12, 16),
    destination: bytes.subarray(16, 20),
    protocol: bytes[9] ?? 0,
    hopLimit: bytes[8] ?? 0,
    trafficClass: bytes[1] ?? 0,
    headerSize,
    totalSize,
    dontFragment: (flags & 0x4000) !== 0,
    ...(offset > 0 || more ? { fragment: { id: u16(bytes, 4), offset, more } } : {}),
    payload: bytes.subarray(headerSize, totalSize),
  }
}

const HOP_BY_HOP = 0
const ROUTING = 43
const FRAGMENT = 44
const AUTHENTICATION = 51
const DESTINATION = 60

/** Extension headers that can be walked over (RFC 8200 §4.1, RFC 4302 §2). */
function isExtension(next: number): boolean {
  return next === HOP_BY_HOP || next === ROUTING || next === FRAGMENT || next === AUTHENTICATION || next === DESTINATION
}

function extensionSize(next: number, length: number): number {
  if (next === FRAGMENT) return 8
  return next === AUTHENTICATION ? (length + 2) * 4 : (length + 1) * 8
}

function decodeV6(bytes: Uint8Array): IpPacket | undefined {
  if (bytes.length < 40) return undefined
  let protocol = bytes[6] ?? 59
  let headerSize = 40
  let fragment: IpPacket['fragment']
  while (isExtension(protocol) && (fragment?.offset ?? 0) === 0) {
    if (headerSize + 8 > bytes.length) return undefined
    if (protocol === FRAGMENT) {
      const field = u16(bytes, headerSize + 2)
      fragment = { id: u32(bytes, headerSize + 4), offset: field & 0xfff8, more: (field & 1) !== 0 }
    }
    const size = extensionSize(protocol, bytes[headerSize + 1] ?? 0)
    protocol = bytes[headerSize] ?? 59
    headerSize += size
  }
  const totalSize = 40 + u16(bytes, 4)
  if (headerSize > bytes.length || totalSize < headerSize) return undefined
  return {
    version: 6,
    source: bytes.subarray(8, 24),
    destination: bytes.subarray(24, 40),
    protocol,
    hopLimit: bytes[7] ?? 0,
    trafficClass: (u16(bytes, 0) >> 4) & 0xff,
    headerSize,
    totalSize,
    dontFragment: true,
    ...(fragment === undefined ? {} : { fragment }),
    payload: bytes.subarray(headerSize, totalSize),
  }
}

function echo(payload: Uint8Array, request: boolean): IcmpMessage {
  const kind = request ? 'echo-request' : 'echo-reply'
  return { kind, id: u16(payload, 4), sequence: u16(payload, 6), data: payload.subarray(8) }
}

function u16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)
}

function u32(bytes: Uint8Array, at: number): number {
  return u16(bytes, at) * 0x10000 + u16(bytes, at + 2)
}
