/** A TCP segment with the options that Linux sends (RFC 9293, RFC 7323, RFC 2018), read in place and written as a whole IP packet. */
import type { Address } from '../../../impl/box.ts'
import { get16, get32, set16, set32 } from '../../../impl/ip/bytes.ts'
import { checksum, onesSum } from '../../../impl/ip/checksum.ts'
import { IPV4_HEADER, PROTOCOL_TCP, writeIpv4Checksum } from '../../../impl/ip/ipv4.ts'
import { IPV6_HEADER } from '../../../impl/ip/ipv6.ts'
import { TCP_HEADER } from '../../../impl/ip/tcp.ts'
import { allocate } from '../../slab.ts'

/** RFC 3168 §6.1. */
export const ECE = 0x40
export const CWR = 0x80

const OPTION_NOP = 1
const OPTION_MSS = 2
const OPTION_SCALE = 3
const OPTION_SACK_PERMITTED = 4
const OPTION_SACK = 5
const OPTION_TIMESTAMPS = 8
/** Timestamps with the two bytes that align them. */
export const TIMESTAMPS_LENGTH = 12
/** Beside timestamps there is room for three (RFC 2018 §3). */
export const MOST_SACKS = 3

/** Written over for each segment: who keeps something makes a copy. */
export interface Header {
  /** 32 bits each, as on the wire. */
  sequence: number
  acknowledgement: number
  flags: number
  /** Unscaled. */
  window: number
  /** 0: the option is not there. */
  mss: number
  /** Of the window; −1: the option is not there. */
  scale: number
  sackPermitted: boolean
  /** −1: the option is not there. */
  stamp: number
  echo: number
  /** Left and right edges in turn; `sackCount` blocks of them count. */
  readonly sacks: number[]
  sackCount: number
}

export function emptyHeader(): Header {
  const options = { mss: 0, scale: -1, sackPermitted: false, stamp: -1, echo: 0 }
  return { sequence: 0, acknowledgement: 0, flags: 0, window: 0, ...options, sacks: [], sackCount: 0 }
}

/** The segment at packet[at, end). Where its data starts, or −1 when its header is broken. */
export function readSegment(into: Header, packet: Uint8Array, at: number, end: number): number {
  const data = at + ((packet[at + 12]! >>> 4) << 2)
  if (data < at + TCP_HEADER || data > end) return -1
  into.sequence = get32(packet, at + 4)
  into.acknowledgement = get32(packet, at + 8)
  into.flags = packet[at + 13]!
  into.window = get16(packet, at + 14)
  into.mss = 0
  into.scale = -1
  into.sackPermitted = false
  into.stamp = -1
  into.sackCount = 0
  readOptions(into, packet, at + TCP_HEADER, data)
  return data
}

function readOptions(into: Header, packet: Uint8Array, from: number, end: number): void {
  let at = from
  while (at < end) {
    const kind = packet[at]!
    if (kind === 0) return
    if (kind === OPTION_NOP) {
      at++
      continue
    }
    const length = at + 1 < end ? packet[at + 1]! : 0
    if (length < 2 || at + length > end) return
    if (kind === OPTION_TIMESTAMPS && length === 10) {
      into.stamp = get32(packet, at + 2)
      into.echo = get32(packet, at + 6)
    } else if (kind === OPTION_MSS && length === 4) into.mss = get16(packet, at + 2)
    // RFC 7323 §2.3: more than 14 means 14.
    else if (kind === OPTION_SCALE && length === 3) into.scale = Math.min(packet[at + 2]!, 14)
    else if (kind === OPTION_SACK_PERMITTED && length === 2) into.sackPermitted = true
    else if (kind === OPTION_SACK && length > 2 && (length - 2) % 8 === 0) {
      into.sackCount = Math.min((length - 2) >>> 3, MOST_SACKS + 1)
      for (let i = 0; i < into.sackCount * 2; i++) into.sacks[i] = get32(packet, at + 2 + i * 4)
    }
    at += length
  }
}

export interface Ends {
  readonly source: Address
  readonly destination: Address
  readonly sourcePort: number
  readonly destinationPort: number
}

/** Bytes of the options as Linux lays them out. */
export function optionsLength({ mss, scale, sackPermitted, stamp, sackCount }: Header): number {
  const stamps = stamp >= 0
  // Two of these stand beside the timestamps where others need padding.
  const permitted = sackPermitted ? (stamps ? 0 : 4) : 0
  return (
    (mss > 0 ? 4 : 0) + permitted + (stamps ? TIMESTAMPS_LENGTH : 0) + (scale >= 0 ? 4 : 0) + sacksLength(sackCount)
  )
}

function sacksLength(count: number): number {
  return count === 0 ? 0 : 4 + count * 8
}

/** A packet with DF and TTL 64, its data still zero: fill packet[at …], then `seal`. `id`: IPv4 alone. */
export function layOut(
  ends: Ends,
  header: Header,
  tos: number,
  id: number,
  data: number,
): { packet: Uint8Array; at: number } {
  const v4 = ends.source.length === 4
  const start = v4 ? IPV4_HEADER : IPV6_HEADER
  const options = optionsLength(header)
  const at = start + TCP_HEADER + options
  const packet = allocate(at + data)
  if (v4) {
    packet[0] = 0x45
    packet[1] = tos
    set16(packet, 2, packet.length)
    set16(packet, 4, id)
    packet[6] = 0x40
    packet[8] = 64
    packet[9] = PROTOCOL_TCP
    packet.set(ends.source, 12)
    packet.set(ends.destination, 16)
    writeIpv4Checksum(packet)
  } else {
    set32(packet, 0, 0x60000000 | (tos << 20))
    set16(packet, 4, packet.length - IPV6_HEADER)
    packet[6] = PROTOCOL_TCP
    packet[7] = 64
    packet.set(ends.source, 8)
    packet.set(ends.destination, 24)
  }
  set16(packet, start, ends.sourcePort)
  set16(packet, start + 2, ends.destinationPort)
  set32(packet, start + 4, header.sequence)
  set32(packet, start + 8, header.acknowledgement)
  packet[start + 12] = ((TCP_HEADER + options) >>> 2) << 4
  packet[start + 13] = header.flags
  set16(packet, start + 14, header.window)
  writeOptions(header, packet, start + TCP_HEADER)
  return { packet, at }
}

function writeOptions(header: Header, packet: Uint8Array, from: number): void {
  let at = from
  if (header.mss > 0) {
    packet[at] = OPTION_MSS
    packet[at + 1] = 4
    set16(packet, at + 2, header.mss)
    at += 4
  }
  if (header.stamp >= 0 || header.sackPermitted) {
    packet[at] = header.sackPermitted ? OPTION_SACK_PERMITTED : OPTION_NOP
    packet[at + 1] = header.sackPermitted ? 2 : OPTION_NOP
    if (header.stamp >= 0) {
      packet[at + 2] = OPTION_TIMESTAMPS
      packet[at + 3] = 10
      set32(packet, at + 4, header.stamp)
      set32(packet, at + 8, header.echo)
      at += TIMESTAMPS_LENGTH
    } else {
      packet[at + 2] = OPTION_NOP
      packet[at + 3] = OPTION_NOP
      at += 4
    }
  }
  if (header.scale >= 0) {
    packet[at] = OPTION_NOP
    packet[at + 1] = OPTION_SCALE
    packet[at + 2] = 3
    packet[at + 3] = header.scale
    at += 4
  }
  if (header.sackCount === 0) return
  packet[at] = OPTION_NOP
  packet[at + 1] = OPTION_NOP
  packet[at + 2] = OPTION_SACK
  packet[at + 3] = 2 + header.sackCount * 8
  for (let i = 0; i < header.sackCount * 2; i++) set32(packet, at + 4 + i * 4, header.sacks[i]!)
}

/** The checksum, when all else stands. */
export function seal(packet: Uint8Array): void {
  const v4 = packet[0]! >>> 4 === 4
  const start = v4 ? IPV4_HEADER : IPV6_HEADER
  const pseudo = onesSum(packet, v4 ? 12 : 8, v4 ? 20 : 40, PROTOCOL_TCP + packet.length - start)
  set16(packet, start + 16, checksum(packet, start, packet.length, pseudo))
}
