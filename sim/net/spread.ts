/** Which of several equal ways, or servers, a packet takes. No state: the same packet always goes the same way. */
import { get16 } from '../../impl/ip/bytes.ts'
import { PROTOCOL_TCP, PROTOCOL_UDP } from '../../impl/ip/ipv4.ts'
import { ipDestination, ipLength, ipProtocol, ipSource, isFragment, transportOffset } from '../../impl/ip/packet.ts'

export type SpreadBy = 'flow' | 'address' | 'packet'

/** FNV-1a, 32 bits: its offset basis and its prime. */
const BASIS = 0x811c9dc5
const PRIME = 0x01000193

/** What tells a flow: addresses and protocol, and with `flow` the ports. A fragment has no ports, so it may go another way. */
export function spreadHash(packet: Uint8Array, by: 'flow' | 'address'): number {
  const protocol = ipProtocol(packet)
  let hash = hashBytes(ipDestination(packet), hashBytes(ipSource(packet), BASIS))
  if (by === 'address') return mix(hash)
  hash = hashByte(protocol, hash)
  const at = transportOffset(packet)
  const ported = (protocol === PROTOCOL_UDP || protocol === PROTOCOL_TCP) && !isFragment(packet)
  if (!ported || at < 0 || at + 4 > ipLength(packet)) return mix(hash)
  return mix(hashPort(get16(packet, at + 2), hashPort(get16(packet, at), hash)))
}

/** The same of one end alone; `port` undefined: of the address. */
export function endHash(address: Uint8Array, port: number | undefined): number {
  const hash = hashBytes(address, BASIS)
  return mix(port === undefined ? hash : hashPort(port, hash))
}

function hashPort(port: number, hash: number): number {
  return hashByte(port & 0xff, hashByte(port >>> 8, hash))
}

function hashBytes(bytes: Uint8Array, hash: number): number {
  let sum = hash
  for (const byte of bytes) sum = hashByte(byte, sum)
  return sum
}

function hashByte(byte: number, hash: number): number {
  return Math.imul(hash ^ byte, PRIME)
}

/** The finisher of MurmurHash3, public domain: after it every bit of the hash depends on all of them. */
function mix(hash: number): number {
  const once = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  const twice = Math.imul(once ^ (once >>> 13), 0xc2b2ae35)
  return (twice ^ (twice >>> 16)) >>> 0
}
