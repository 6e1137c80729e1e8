/** IPv4 addresses inside IPv6 addresses (RFC 6052): what NAT64, CLAT and DNS64 agree on. */
import type { Prefix } from '../../impl/api.ts'
import type { Address } from '../../impl/box.ts'
import { addressInPrefix, maskAddress, parsePrefix } from '../../impl/ip/address.ts'

/** RFC 6052 §2.1. */
export const WELL_KNOWN_PREFIX = '64:ff9b::/96'
/** RFC 6052 §2.2: the lengths that a prefix may have. */
const LENGTHS: ReadonlySet<number> = new Set([32, 40, 48, 56, 64, 96])
/** Bits 64 to 71 are zero (the "u" octet). */
const U_OCTET = 8

/** A prefix that IPv4 addresses can be put into; undefined when it is none, or its length is none of RFC 6052. */
export function embeddingPrefix(text: string): Prefix | undefined {
  const prefix = parsePrefix(text)
  if (prefix === undefined || prefix.address.length !== 16 || !LENGTHS.has(prefix.length)) return undefined
  return { address: maskAddress(prefix.address, prefix.length), length: prefix.length }
}

/** The IPv6 address that stands for an IPv4 one. */
export function embed(prefix: Prefix, address: Address): Address {
  const embedded = Uint8Array.from(prefix.address)
  for (const [i, at] of places(prefix.length).entries()) embedded[at] = address[i]!
  return embedded
}

/** The IPv4 address in an IPv6 one; undefined when that is outside of the prefix. */
export function extract(prefix: Prefix, address: Address): Address | undefined {
  if (!addressInPrefix(address, prefix)) return undefined
  return Uint8Array.from(places(prefix.length), at => address[at]!)
}

/** DNS64 (RFC 6147 §5.1): names without an IPv6 address get one for each of their IPv4 addresses, before those. */
export function synthesize(
  prefix: Prefix | undefined,
  found: readonly Address[] | undefined,
): readonly Address[] | undefined {
  if (prefix === undefined || found === undefined || found.some(({ length }) => length === 16)) return found
  return [...found.map(address => embed(prefix, address)), ...found]
}

/** Where the four bytes stand: right after the prefix, the u octet left out. */
function places(length: number): number[] {
  const found: number[] = []
  for (let at = length / 8; found.length < 4; at++) if (at !== U_OCTET) found.push(at)
  return found
}
