/** The Internet checksum (RFC 1071) and its incremental update (RFC 1624). */
import type { Address } from '../box.ts'

const LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1
/** From here on a view of 32-bit words is worth its making. */
const WORTH_A_VIEW = 256

/**
 * The one's complement sum of the 16-bit words of bytes[from, to), folded to 16 bits and added to `initial`. An odd
 * last byte is padded with zero.
 */
export function onesSum(bytes: Uint8Array, from = 0, to = bytes.length, initial = 0): number {
  let sum = initial
  const even = to - ((to - from) & 1)
  if (even - from >= WORTH_A_VIEW && ((bytes.byteOffset + from) & 3) === 0) sum += wordSum(bytes, from, even)
  else sum += pairSum(bytes, from, even)
  if (even < to) sum += bytes[even]! << 8
  return fold(sum)
}

/** High and low bytes apart, four words a turn: of 65536 bytes, each sum fits into 31 bits. */
function pairSum(bytes: Uint8Array, from: number, to: number): number {
  const eights = from + ((to - from) & ~7)
  let high = 0
  let low = 0
  for (let i = from; i < eights; i += 8) {
    high = (high + bytes[i]! + bytes[i + 2]! + bytes[i + 4]! + bytes[i + 6]!) | 0
    low = (low + bytes[i + 1]! + bytes[i + 3]! + bytes[i + 5]! + bytes[i + 7]!) | 0
  }
  for (let i = eights; i < to; i += 2) {
    high += bytes[i]!
    low += bytes[i + 1]!
  }
  return high * 0x100 + low
}

/**
 * As the machine has its words, two of them a turn: the sum of swapped words is the swapped sum (RFC 1071 §2 B). The sum
 * of whole 32-bit words wraps, but with the upper halves taken out it is below 2^30 again.
 */
function wordSum(bytes: Uint8Array, from: number, to: number): number {
  const words = new Int32Array(bytes.buffer, bytes.byteOffset + from, (to - from) >>> 2)
  const fours = words.length & ~3
  let whole = 0
  let upper = 0
  for (let i = 0; i < fours; i += 4) {
    const a = words[i]!
    const b = words[i + 1]!
    const c = words[i + 2]!
    const d = words[i + 3]!
    whole = (whole + a + b + c + d) | 0
    upper = (upper + (a >>> 16) + (b >>> 16) + (c >>> 16) + (d >>> 16)) | 0
  }
  for (let i = fours; i < words.length; i++) {
    whole = (whole + words[i]!) | 0
    upper += words[i]! >>> 16
  }
  const folded = fold(upper + ((whole - (upper << 16)) >>> 0))
  const sum = LITTLE_ENDIAN ? ((folded & 0xff) << 8) | (folded >>> 8) : folded
  return ((to - from) & 2) === 0 ? sum : sum + ((bytes[to - 2]! << 8) | bytes[to - 1]!)
}

/**
 * The checksum of bytes[from, to), given the sum of what stands before it (a pseudo header). Over data that holds a
 * right checksum it is 0.
 */
export function checksum(bytes: Uint8Array, from = 0, to = bytes.length, initial = 0): number {
  return ~onesSum(bytes, from, to, initial) & 0xffff
}

/**
 * The sum of the pseudo header of IPv4 (RFC 768) or IPv6 (RFC 8200 §8.1). `length` is that of the upper-layer packet,
 * header included.
 */
export function pseudoHeaderSum(source: Address, destination: Address, protocol: number, length: number): number {
  return onesSum(source, 0, source.length, onesSum(destination, 0, destination.length, protocol + length))
}

/** The checksum after one 16-bit word it covers changed: RFC 1624, equation 3. */
export function updateChecksum(check: number, oldWord: number, newWord: number): number {
  return ~fold((~check & 0xffff) + (~oldWord & 0xffff) + newWord) & 0xffff
}

/** As updateChecksum, for a change of several words, given the one's complement sums of the old and the new ones. */
export function updateChecksumBytes(check: number, before: Uint8Array, after: Uint8Array): number {
  return updateChecksum(check, onesSum(before), onesSum(after))
}

function fold(sum: number): number {
  let folded = sum
  while (folded > 0xffff) folded = (folded & 0xffff) + Math.floor(folded / 0x10000)
  return folded
}
