/**
 * IPv6-to-IPv6 network prefix translation (RFC 6296): one prefix for another, bit by bit the same behind it but for 16 bits,
 * so that no checksum changes. No state, no ports, and an error is translated like any other packet.
 */
import type { Prefix } from '../../impl/api.ts'
import type { Address } from '../../impl/box.ts'
import { addressInPrefix } from '../../impl/ip/address.ts'
import { get16, set16 } from '../../impl/ip/bytes.ts'
import { onesSum } from '../../impl/ip/checksum.ts'

export interface PrefixPair {
  readonly inside: Prefix
  readonly outside: Prefix
}

/** The inner address as the outside sees it; undefined: it is not in the prefix, or can not be mapped (§3.4, §3.5). */
export function npt(pair: PrefixPair, address: Address, direction: 'out' | 'in'): Address | undefined {
  const [from, to] = direction === 'out' ? [pair.inside, pair.outside] : [pair.outside, pair.inside]
  if (!addressInPrefix(address, from)) return undefined
  const mapped = Uint8Array.from(address)
  copyBits(mapped, to.address, to.length)
  const at = adjusted(address, Math.max(from.length, to.length))
  if (at === undefined) return undefined
  // What the prefix takes from the sum, one word gives back (§3.1).
  const before = onesSum(address)
  set16(mapped, at, 0)
  const word = onesAdd(before, ~onesSum(mapped) & 0xffff)
  set16(mapped, at, word === 0xffff ? 0 : word)
  return mapped
}

/**
 * Where the word stands that keeps the sum: of a prefix up to /48 the subnet (§3.4), else the first word of the interface
 * identifier that is not 0xffff (§3.5). Undefined: such an address can not be mapped.
 */
function adjusted(address: Address, length: number): number | undefined {
  if (length <= 48) return get16(address, 6) === 0xffff ? undefined : 6
  for (const at of [8, 10, 12, 14]) if (get16(address, at) !== 0xffff) return at
  return undefined
}

function onesAdd(a: number, b: number): number {
  const sum = a + b
  return sum > 0xffff ? sum - 0xffff : sum
}

/** The first `length` bits of `from`, into `into`. */
function copyBits(into: Uint8Array, from: Uint8Array, length: number): void {
  const whole = length >>> 3
  into.set(from.subarray(0, whole))
  const rest = length & 7
  if (rest === 0) return
  const mask = (0xff << (8 - rest)) & 0xff
  into[whole] = (from[whole]! & mask) | (into[whole]! & ~mask)
}
