/** The UDP header (RFC 768) as a view. `segment` is the UDP datagram: header and data. */
import type { Address } from '../box.ts'
import { get16, set16 } from './bytes.ts'
import { checksum, pseudoHeaderSum } from './checksum.ts'
import { PROTOCOL_UDP } from './ipv4.ts'

export const UDP_HEADER = 8

export interface UdpFields {
  /** For the checksum's pseudo header. */
  readonly source: Address
  readonly destination: Address
  readonly sourcePort: number
  readonly destinationPort: number
  readonly payload: Uint8Array
  /** False: checksum 0, which IPv4 alone allows. Default true. */
  readonly checksum?: boolean
}

/** A UDP datagram: wrap it with buildIp. Throws a RangeError when it is too long. */
export function buildUdp(fields: UdpFields): Uint8Array {
  const length = UDP_HEADER + fields.payload.length
  if (length > 65535) throw new RangeError(`a UDP datagram has at most 65535 bytes, not ${length}`)
  const segment = new Uint8Array(length)
  set16(segment, 0, fields.sourcePort)
  set16(segment, 2, fields.destinationPort)
  set16(segment, 4, length)
  segment.set(fields.payload, UDP_HEADER)
  if (fields.checksum === false) return segment
  const sum = checksum(segment, 0, length, pseudoHeaderSum(fields.source, fields.destination, PROTOCOL_UDP, length))
  // Zero says "no checksum"; the other zero of one's complement says the same sum.
  set16(segment, 6, sum === 0 ? 0xffff : sum)
  return segment
}

export function udpSourcePort(segment: Uint8Array): number {
  return get16(segment, 0)
}

export function udpDestinationPort(segment: Uint8Array): number {
  return get16(segment, 2)
}

/** Header and data, in bytes. */
export function udpLength(segment: Uint8Array): number {
  return get16(segment, 4)
}

/** 0: none. */
export function udpChecksum(segment: Uint8Array): number {
  return get16(segment, 6)
}

/** The data, as a view. */
export function udpPayload(segment: Uint8Array): Uint8Array {
  return segment.subarray(UDP_HEADER, udpLength(segment))
}
