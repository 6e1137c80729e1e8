/** What a stateful box (a NAT, a firewall) reads in a packet: who speaks with whom. */
import { get16 } from '../../impl/ip/bytes.ts'
import { icmpEcho, icmpProtocol, icmpQuote, quotedTransportOffset } from '../../impl/ip/icmp.ts'
import { PROTOCOL_ICMP, PROTOCOL_ICMPV6, PROTOCOL_TCP, PROTOCOL_UDP } from '../../impl/ip/ipv4.ts'
import { ipDestination, ipLength, ipProtocol, ipSource, ipVersion, transportOffset } from '../../impl/ip/packet.ts'

export type FlowProtocol = 'udp' | 'tcp' | 'icmp'

/** An address and a port; for an ICMP echo the inner end has its query id as the port, the other end has 0. */
export interface End {
  readonly address: Uint8Array
  readonly port: number
}

/** An end that is written over for each packet: who keeps it makes a copy. */
export interface Scratch extends End {
  port: number
}

export function scratchEnd(): Scratch {
  return { address: new Uint8Array(4), port: 0 }
}

/** The address at packet[at] and a port, of IPv4. */
export function readEnd(into: Scratch, packet: Uint8Array, at: number, port: number): End {
  const { address } = into
  for (let i = 0; i < 4; i++) address[i] = packet[at + i]!
  into.port = port
  return into
}

export type Contents =
  | { readonly kind: 'udp'; readonly sourcePort: number; readonly destinationPort: number }
  /** `flags`: FIN, SYN, RST, PSH, ACK, or-ed, as in impl/ip/tcp.ts. */
  | { readonly kind: 'tcp'; readonly sourcePort: number; readonly destinationPort: number; readonly flags: number }
  | { readonly kind: 'echo'; readonly id: number; readonly reply: boolean }
  /** An ICMP error, and the packet it is about; undefined: too little of it is there. */
  | { readonly kind: 'error'; readonly about: Quoted | undefined }
  | { readonly kind: 'other'; readonly protocol: number }

/** The packet inside an ICMP error. */
export interface Quoted {
  readonly protocol: FlowProtocol
  readonly source: Uint8Array
  readonly destination: Uint8Array
  /** Ports of UDP and TCP. Of an echo request the id is the source port, of a reply the destination port; the other is 0. */
  readonly sourcePort: number
  readonly destinationPort: number
}

/** IPv4: unreachable, time exceeded, parameter problem. */
const V4_ERRORS: ReadonlySet<number> = new Set([3, 11, 12])

/** A sound packet that is no fragment. */
export function contentsOf(packet: Uint8Array): Contents {
  const protocol = ipProtocol(packet)
  const at = transportOffset(packet)
  const end = ipLength(packet)
  if (at < 0 || at + 8 > end) return { kind: 'other', protocol }
  if (protocol === PROTOCOL_UDP) {
    return { kind: 'udp', sourcePort: get16(packet, at), destinationPort: get16(packet, at + 2) }
  }
  if (protocol === PROTOCOL_TCP && at + 14 <= end) {
    const ports = { sourcePort: get16(packet, at), destinationPort: get16(packet, at + 2) }
    return { kind: 'tcp', ...ports, flags: packet[at + 13]! }
  }
  const version = ipVersion(packet) === 4 ? 4 : 6
  if (protocol !== (version === 4 ? PROTOCOL_ICMP : PROTOCOL_ICMPV6)) return { kind: 'other', protocol }
  const message = packet.subarray(at, end)
  const echo = icmpEcho(message, version)
  if (echo !== undefined) return { kind: 'echo', id: get16(message, 4), reply: echo === 'reply' }
  const type = message[0]!
  const error = version === 4 ? V4_ERRORS.has(type) : type < 128
  return error ? { kind: 'error', about: quoted(icmpQuote(message), version) } : { kind: 'other', protocol }
}

/** The beginning of a packet, perhaps cut short. */
function quoted(quote: Uint8Array, version: 4 | 6): Quoted | undefined {
  const at = quotedTransportOffset(quote)
  if (at === undefined || ipVersion(quote) !== version) return undefined
  const source = ipSource(quote)
  const destination = ipDestination(quote)
  const protocol = ipProtocol(quote)
  const segment = quote.subarray(at)
  if (protocol === PROTOCOL_UDP || protocol === PROTOCOL_TCP) {
    const ports = { sourcePort: get16(segment, 0), destinationPort: get16(segment, 2) }
    return { protocol: protocol === PROTOCOL_UDP ? 'udp' : 'tcp', source, destination, ...ports }
  }
  const echo = protocol === icmpProtocol(source) ? icmpEcho(segment, version) : undefined
  if (echo === undefined) return undefined
  const id = get16(segment, 4)
  const request = echo === 'request'
  return { protocol: 'icmp', source, destination, sourcePort: request ? id : 0, destinationPort: request ? 0 : id }
}

/** The flags of a TCP segment; undefined: it is none. */
export function flagsOf(contents: Contents): number | undefined {
  return contents.kind === 'tcp' ? contents.flags : undefined
}

/** One value for an address and a port: a number for IPv4 (exact, below 2^48), text for IPv6. */
export function endKey(address: Uint8Array, port: number): number | string {
  if (address.length === 4) {
    return (((address[0]! << 24) | (address[1]! << 16) | (address[2]! << 8) | address[3]!) >>> 0) * 0x10000 + port
  }
  return String.fromCharCode(
    get16(address, 0),
    get16(address, 2),
    get16(address, 4),
    get16(address, 6),
    get16(address, 8),
    get16(address, 10),
    get16(address, 12),
    get16(address, 14),
    port,
  )
}
