/** Prefixes as 32-bit words and masks, so that a comparison is a few machine instructions and no allocation. */
import type { Prefix } from '../api.ts'
import type { Address } from '../box.ts'

/** An IPv4 prefix has its 32 bits in w0, and zero words and masks after it. Host bits are zero. */
export interface Words {
  readonly addressLength: 4 | 16
  readonly length: number
  readonly w0: number
  readonly w1: number
  readonly w2: number
  readonly w3: number
  readonly m0: number
  readonly m1: number
  readonly m2: number
  readonly m3: number
}

/** The prefix with its host bits masked away. The caller has checked its lengths. */
export function wordsOf(prefix: Prefix): Words {
  const { address, length } = prefix
  const view = new DataView(address.buffer, address.byteOffset, address.length)
  const wide = address.length === 16
  const m0 = maskOf(length)
  const m1 = maskOf(length - 32)
  const m2 = maskOf(length - 64)
  const m3 = maskOf(length - 96)
  return {
    addressLength: wide ? 16 : 4,
    length,
    w0: view.getInt32(0) & m0,
    w1: wide ? view.getInt32(4) & m1 : 0,
    w2: wide ? view.getInt32(8) & m2 : 0,
    w3: wide ? view.getInt32(12) & m3 : 0,
    m0,
    m1,
    m2,
    m3,
  }
}

/** The address of the prefix: 4 or 16 bytes, host bits zero. */
export function masked(prefix: Words): Address {
  const address = new Uint8Array(prefix.addressLength)
  const view = new DataView(address.buffer)
  view.setInt32(0, prefix.w0)
  if (prefix.addressLength === 16) {
    view.setInt32(4, prefix.w1)
    view.setInt32(8, prefix.w2)
    view.setInt32(12, prefix.w3)
  }
  return address
}

/** Whether the address in these words lies in the prefix. */
export function holds(prefix: Words, w0: number, w1: number, w2: number, w3: number): boolean {
  return (
    (((w0 ^ prefix.w0) & prefix.m0) |
      ((w1 ^ prefix.w1) & prefix.m1) |
      ((w2 ^ prefix.w2) & prefix.m2) |
      ((w3 ^ prefix.w3) & prefix.m3)) ===
    0
  )
}

/** Bit number `at`, counted from the left, of the address in these words. */
export function bitOf(at: number, w0: number, w1: number, w2: number, w3: number): 0 | 1 {
  const word = at < 32 ? w0 : at < 64 ? w1 : at < 96 ? w2 : w3
  return ((word >>> (31 - (at & 31))) & 1) as 0 | 1
}

/** How many bits the two have in common from the left, of 128. */
export function commonBits(a: Words, b: Words): number {
  if (a.w0 !== b.w0) return Math.clz32(a.w0 ^ b.w0)
  if (a.w1 !== b.w1) return 32 + Math.clz32(a.w1 ^ b.w1)
  if (a.w2 !== b.w2) return 64 + Math.clz32(a.w2 ^ b.w2)
  if (a.w3 !== b.w3) return 96 + Math.clz32(a.w3 ^ b.w3)
  return 128
}

/** The first `bits` of 32 set; none below 0, all above 32. */
function maskOf(bits: number): number {
  if (bits <= 0) return 0
  return bits >= 32 ? -1 : -1 << (32 - bits)
}
