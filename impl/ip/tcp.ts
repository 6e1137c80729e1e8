/** The TCP header (RFC 9293 §3.1) as a view. `segment` is header, options and data. */
import type { Address } from '../box.ts'
import { get16, get32, set16, set32 } from './bytes.ts'
import { checksum, pseudoHeaderSum } from './checksum.ts'
import { PROTOCOL_TCP } from './ipv4.ts'

export const TCP_HEADER = 20
export const FIN = 0x01
export const SYN = 0x02
export const RST = 0x04
export const PSH = 0x08
export const ACK = 0x10

export interface TcpFields {
  /** For the checksum's pseudo header. */
  readonly source: Address
  readonly destination: Address
  readonly sourcePort: number
  readonly destinationPort: number
  readonly sequence: number
  readonly acknowledgement: number
  /** FIN, SYN, RST, PSH, ACK, or-ed. */
  readonly flags: number
  readonly window: number
  /** The maximum segment size option. */
  readonly mss?: number
  readonly payload: Uint8Array
}

/** A TCP segment: wrap it with buildIp. */
export function buildTcp(fields: TcpFields): Uint8Array {
  const header = TCP_HEADER + (fields.mss === undefined ? 0 : 4)
  const segment = new Uint8Array(header + fields.payload.length)
  set16(segment, 0, fields.sourcePort)
  set16(segment, 2, fields.destinationPort)
  set32(segment, 4, fields.sequence)
  set32(segment, 8, fields.acknowledgement)
  segment[12] = (header >>> 2) << 4
  segment[13] = fields.flags
  set16(segment, 14, fields.window)
  if (fields.mss !== undefined) {
    segment[20] = 2
    segment[21] = 4
    set16(segment, 22, fields.mss)
  }
  segment.set(fields.payload, header)
  const pseudo = pseudoHeaderSum(fields.source, fields.destination, PROTOCOL_TCP, segment.length)
  set16(segment, 16, checksum(segment, 0, segment.length, pseudo))
  return segment
}

export function tcpSourcePort(segment: Uint8Array): number {
  return get16(segment, 0)
}

export function tcpDestinationPort(segment: Uint8Array): number {
  return get16(segment, 2)
}

export function tcpSequence(segment: Uint8Array): number {
  return get32(segment, 4)
}

export function tcpAcknowledgement(segment: Uint8Array): number {
  return get32(segment, 8)
}

/** In bytes, options included. */
export function tcpHeaderLength(segment: Uint8Array): number {
  return (segment[12]! >>> 4) << 2
}

export function tcpFlags(segment: Uint8Array): number {
  return segment[13]!
}

export function tcpWindow(segment: Uint8Array): number {
  return get16(segment, 14)
}

/** The data, as a view. */
export function tcpPayload(segment: Uint8Array): Uint8Array {
  return segment.subarray(tcpHeaderLength(segment))
}

/** Where the value of the maximum segment size option stands, or −1. */
export function tcpMssOffset(segment: Uint8Array): number {
  const end = Math.min(tcpHeaderLength(segment), segment.length)
  let at = TCP_HEADER
  while (at < end && segment[at] !== 0) {
    if (segment[at] === 1) {
      at++
      continue
    }
    const length = segment[at + 1] ?? 0
    if (length < 2 || at + length > end) return -1
    if (segment[at] === 2 && length === 4) return at + 2
    at += length
  }
  return -1
}

/** The peer's maximum segment size, or undefined without the option. */
export function tcpMss(segment: Uint8Array): number | undefined {
  const at = tcpMssOffset(segment)
  return at < 0 ? undefined : get16(segment, at)
}
