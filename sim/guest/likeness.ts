/** What of a packet a NAT and a router leave as it is: by it one that comes out is known as one that went in. */
import { get16 } from '../../impl/ip/bytes.ts'
import { PROTOCOL_ICMP, PROTOCOL_TCP, PROTOCOL_UDP } from '../../impl/ip/ipv4.ts'
import { ipProtocol, ipVersion, isFragment, transportPayload } from '../../impl/ip/packet.ts'

/** Of an ICMP error: its header and no more, as what it quotes is translated. */
const ICMP_HEADER = 8

/**
 * A text that is equal before and after: identification and place of a fragment in IPv4, and what stands behind addresses,
 * ports, TTL, checksums and query ids.
 */
export function likenessOf(packet: Uint8Array): string {
  const isIpv4 = ipVersion(packet) === 4
  const about = isIpv4 ? `${get16(packet, 4)} ${get16(packet, 6) & 0x3fff}` : ''
  const protocol = ipProtocol(packet)
  const message = transportPayload(packet)
  return `${protocol} ${about} ${hash(message, skipped(packet, protocol, message))}`
}

/** The bytes that may be changed on the way: from, length. */
function skipped(packet: Uint8Array, protocol: number, message: Uint8Array): readonly (readonly [number, number])[] {
  // Pieces after the first have no transport header.
  if (isFragment(packet) && ipVersion(packet) === 4 && (get16(packet, 6) & 0x1fff) > 0) return []
  switch (protocol) {
    case PROTOCOL_UDP:
      return [
        [0, 4],
        [6, 2],
      ]
    case PROTOCOL_TCP:
      return [
        [0, 4],
        [16, 2],
      ]
    case PROTOCOL_ICMP: {
      const isEcho = message[0] === 0 || message[0] === 8
      if (isEcho) return [[2, 4]]
      return [
        [2, 2],
        [ICMP_HEADER, message.length],
      ]
    }
    default:
      return []
  }
}

/** FNV-1a, twice 32 bits, and the length. */
function hash(bytes: Uint8Array, skip: readonly (readonly [number, number])[]): string {
  const kept = bytes.slice()
  for (const [from, length] of skip) kept.fill(0, from, from + length)
  let a = 0x811c9dc5
  let b = 0x01000193
  for (const byte of kept) {
    a = Math.imul(a ^ byte, 0x01000193)
    b = Math.imul(b + byte, 0x85ebca6b) ^ (b >>> 13)
  }
  return `${bytes.length} ${a >>> 0} ${b >>> 0}`
}
