/** A UDP datagram as a whole IP packet in one piece of memory: the hot path of every tunnel. */
import type { Address } from '../../impl/box.ts'
import { set16, set32 } from '../../impl/ip/bytes.ts'
import { checksum, onesSum } from '../../impl/ip/checksum.ts'
import { IPV4_HEADER, PROTOCOL_UDP, writeIpv4Checksum } from '../../impl/ip/ipv4.ts'
import { IPV6_HEADER } from '../../impl/ip/ipv6.ts'
import { UDP_HEADER } from '../../impl/ip/udp.ts'
import { allocate } from '../slab.ts'

export interface DatagramFields {
  readonly source: Address
  readonly destination: Address
  readonly sourcePort: number
  readonly destinationPort: number
  readonly tos: number
  /** Default 64. */
  readonly ttl?: number
  /** IPv4 alone. */
  readonly id: number
  readonly dontFragment: boolean
  readonly payload: Uint8Array
}

/** The largest payload: 65507 bytes in IPv4, 65527 in IPv6. */
export function datagramRoom(address: Address): number {
  return 65535 - UDP_HEADER - (address.length === 4 ? IPV4_HEADER : 0)
}

/** With checksums in both families (behaviour 100). The payload must fit: see datagramRoom. */
export function datagramPacket(fields: DatagramFields): Uint8Array {
  const { source, destination, sourcePort, destinationPort, payload, ttl = 64 } = fields
  const v4 = source.length === 4
  const header = v4 ? IPV4_HEADER : IPV6_HEADER
  const length = UDP_HEADER + payload.length
  const packet = allocate(header + length)
  if (v4) {
    packet[0] = 0x45
    packet[1] = fields.tos
    set16(packet, 2, packet.length)
    set16(packet, 4, fields.id)
    if (fields.dontFragment) packet[6] = 0x40
    packet[8] = ttl
    packet[9] = PROTOCOL_UDP
    put(packet, 12, source)
    put(packet, 16, destination)
    writeIpv4Checksum(packet)
  } else {
    set32(packet, 0, 0x60000000 | (fields.tos << 20))
    set16(packet, 4, length)
    packet[6] = PROTOCOL_UDP
    packet[7] = ttl
    put(packet, 8, source)
    put(packet, 24, destination)
  }
  set16(packet, header, sourcePort)
  set16(packet, header + 2, destinationPort)
  set16(packet, header + 4, length)
  packet.set(payload, header + UDP_HEADER)
  // The pseudo header: the two addresses stand side by side.
  const pseudo = onesSum(packet, v4 ? 12 : 8, v4 ? 20 : 40, PROTOCOL_UDP + length)
  const sum = checksum(packet, header, packet.length, pseudo)
  // Zero says "no checksum"; the other zero of one's complement says the same sum.
  set16(packet, header + 6, sum === 0 ? 0xffff : sum)
  return packet
}

/** For a few bytes, cheaper than `set`. */
function put(packet: Uint8Array, at: number, address: Address): void {
  for (let i = 0; i < address.length; i++) packet[at + i] = address[i]!
}
