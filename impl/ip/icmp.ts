/** ICMP of both families (RFC 792, RFC 4443) as a view. `message` is the ICMP header and body. */
import type { Address } from '../box.ts'
import { isMulticast, isUnspecified } from './address.ts'
import { get16, get32, set16, set32 } from './bytes.ts'
import { checksum, pseudoHeaderSum } from './checksum.ts'
import { ipv4FragmentOffset, ipv4HeaderLength, PROTOCOL_ICMP, PROTOCOL_ICMPV6 } from './ipv4.ts'
import { buildIp, ipDestination, ipProtocol, ipSource, ipVersion, transportOffset, trimIp } from './packet.ts'

export const ICMP_HEADER = 8

export interface IcmpEchoFields {
  readonly source: Address
  readonly destination: Address
  readonly reply: boolean
  readonly id: number
  readonly sequence: number
  readonly payload: Uint8Array
}

/** What an ICMP error says, in words that hold for both families. */
export type IcmpError =
  /** v4 3/0, v6 1/0 */
  | { readonly kind: 'no-route' }
  /** v4 3/1, v6 1/3 */
  | { readonly kind: 'host-unreachable' }
  /** v4 3/2, v6 4/1 */
  | { readonly kind: 'protocol-unreachable' }
  /** v4 3/3, v6 1/4 */
  | { readonly kind: 'port-unreachable' }
  /** v4 3/4 (RFC 1191), v6 2/0: the next hop's MTU in bytes; 0 from a router older than RFC 1191. */
  | { readonly kind: 'too-big'; readonly mtu: number }
  /** v4 3/13, v6 1/1 */
  | { readonly kind: 'prohibited' }
  /** v4 11/0, v6 3/0 */
  | { readonly kind: 'time-exceeded' }
  /** v4 11/1, v6 3/1 */
  | { readonly kind: 'reassembly-timeout' }

export interface IcmpErrorFields {
  /** Who says it. The error goes to the original's source. */
  readonly source: Address
  readonly error: IcmpError
  /** The packet that the error is about. */
  readonly original: Uint8Array
  /** Default 64. */
  readonly ttl?: number
  readonly tos?: number
  /** IPv4 alone. */
  readonly id?: number
}

const V4: Readonly<Record<IcmpError['kind'], readonly [number, number]>> = {
  'no-route': [3, 0],
  'host-unreachable': [3, 1],
  'protocol-unreachable': [3, 2],
  'port-unreachable': [3, 3],
  'too-big': [3, 4],
  prohibited: [3, 13],
  'time-exceeded': [11, 0],
  'reassembly-timeout': [11, 1],
}

const V6: Readonly<Record<IcmpError['kind'], readonly [number, number]>> = {
  'no-route': [1, 0],
  'host-unreachable': [1, 3],
  'protocol-unreachable': [4, 1],
  'port-unreachable': [1, 4],
  'too-big': [2, 0],
  prohibited: [1, 1],
  'time-exceeded': [3, 0],
  'reassembly-timeout': [3, 1],
}

/** Linux keeps an IPv4 error within 576 bytes, the size every host takes (RFC 1812 §4.3.2.3). */
const V4_ERROR_LIMIT = 576
/** An IPv6 error stays within the least MTU of the Internet (RFC 4443 §2.4 c). */
const V6_ERROR_LIMIT = 1280

/** An echo request or reply: wrap it with buildIp and icmpProtocol. The family is that of the addresses. */
export function buildIcmpEcho(fields: IcmpEchoFields): Uint8Array {
  const v4 = fields.source.length === 4
  const message = new Uint8Array(ICMP_HEADER + fields.payload.length)
  message[0] = v4 ? (fields.reply ? 0 : 8) : fields.reply ? 129 : 128
  set16(message, 4, fields.id)
  set16(message, 6, fields.sequence)
  message.set(fields.payload, ICMP_HEADER)
  writeIcmpChecksum(message, fields.source, fields.destination)
  return message
}

/** A whole packet that tells the original's sender what went wrong. Ask mayAnswerWithError first. */
export function buildIcmpError(fields: IcmpErrorFields): Uint8Array {
  const { source, error, original } = fields
  const v4 = ipVersion(original) === 4
  const destination = Uint8Array.from(ipSource(original))
  const whole = trimIp(original)
  const room = v4 ? V4_ERROR_LIMIT - 20 - ICMP_HEADER : V6_ERROR_LIMIT - 40 - ICMP_HEADER
  const quote = whole.subarray(0, Math.min(whole.length, room))
  const message = new Uint8Array(ICMP_HEADER + quote.length)
  const [type, code] = (v4 ? V4 : V6)[error.kind]
  message[0] = type
  message[1] = code
  if (error.kind === 'too-big') v4 ? set16(message, 6, error.mtu) : set32(message, 4, error.mtu)
  // Parameter problem points at the next header field (RFC 4443 §3.4).
  if (error.kind === 'protocol-unreachable' && !v4) set32(message, 4, 6)
  message.set(quote, ICMP_HEADER)
  writeIcmpChecksum(message, source, destination)
  const { ttl = 64, tos = 0, id = 0 } = fields
  return buildIp({ source, destination, protocol: icmpProtocol(source), ttl, tos, id, payload: message })
}

/**
 * Whether an error about this packet is allowed at all (RFC 1122 §3.2.2, RFC 4443 §2.4 e): not about an ICMP error,
 * not to or from multicast, broadcast or the unspecified address, not about a later fragment.
 * IPv6 allows packet-too-big for a packet to multicast.
 */
export function mayAnswerWithError(original: Uint8Array, error: IcmpError): boolean {
  const source = ipSource(original)
  const destination = ipDestination(original)
  const v4 = ipVersion(original) === 4
  if (isUnspecified(source) || isMulticast(source)) return false
  if (isMulticast(destination) && (v4 || error.kind !== 'too-big')) return false
  if (v4 && (destination.every(byte => byte === 255) || source.every(byte => byte === 255))) return false
  if (v4 && ipv4FragmentOffset(original) !== 0) return false
  if (ipProtocol(original) !== icmpProtocol(source)) return true
  const at = transportOffset(original)
  // RFC 1122 names the errors; an unknown or unreadable type is no query either.
  const type = at < 0 ? undefined : original[at]
  if (type === undefined) return false
  return v4 ? [0, 8, 13, 14, 15, 16, 17, 18].includes(type) : type >= 128
}

/** 1 or 58, by the family of an address. */
export function icmpProtocol(address: Address): number {
  return address.length === 4 ? PROTOCOL_ICMP : PROTOCOL_ICMPV6
}

export function icmpType(message: Uint8Array): number {
  return message[0]!
}

export function icmpCode(message: Uint8Array): number {
  return message[1]!
}

/** Of an echo request or reply. */
export function icmpEchoId(message: Uint8Array): number {
  return get16(message, 4)
}

/** Of an echo request or reply. */
export function icmpEchoSequence(message: Uint8Array): number {
  return get16(message, 6)
}

/** Whether a message of this family is an echo request or a reply, or neither. */
export function icmpEcho(message: Uint8Array, version: 4 | 6): 'request' | 'reply' | undefined {
  if (message.length < ICMP_HEADER) return undefined
  if (message[0] === (version === 4 ? 8 : 128)) return 'request'
  return message[0] === (version === 4 ? 0 : 129) ? 'reply' : undefined
}

/** What an ICMP error of this family says; undefined for what is no error, or one that has no name here. */
export function icmpError(message: Uint8Array, version: 4 | 6): IcmpError | undefined {
  if (message.length < ICMP_HEADER) return undefined
  for (const [kind, [type, code]] of Object.entries(version === 4 ? V4 : V6)) {
    if (type !== message[0] || code !== message[1]) continue
    const mtu = version === 4 ? get16(message, 6) : get32(message, 4)
    return kind === 'too-big' ? { kind, mtu } : ({ kind } as IcmpError)
  }
  return undefined
}

/**
 * The start of the packet that an error is about, as a view: perhaps cut short, so that its stated length lies beyond
 * it.
 */
export function icmpQuote(message: Uint8Array): Uint8Array {
  return message.subarray(ICMP_HEADER)
}

/**
 * How much of the quoted packet's own header is there: undefined when not even the fixed header and 8 bytes of payload
 * are.
 */
export function quotedTransportOffset(quote: Uint8Array): number | undefined {
  const version = ipVersion(quote)
  if (version !== 4 && version !== 6) return undefined
  if (quote.length < (version === 4 ? 28 : 48)) return undefined
  if (version === 4 && ipv4HeaderLength(quote) < 20) return undefined
  const at = transportOffset(quote)
  return at < 0 || at + 8 > quote.length ? undefined : at
}

function writeIcmpChecksum(message: Uint8Array, source: Address, destination: Address): void {
  const pseudo = source.length === 4 ? 0 : pseudoHeaderSum(source, destination, PROTOCOL_ICMPV6, message.length)
  set16(message, 2, checksum(message, 0, message.length, pseudo))
}
