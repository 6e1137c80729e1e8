/**
 * The paper's Kdf (§5.4), that is HKDF with HMAC-BLAKE2s: most of a handshake's hashing. Everything here is a word of 32
 * bits, and the two padded keys of an HMAC are hashed once for all outputs.
 */
import { needKdf } from './bytes.ts'
import { beginState, compress } from './compress.ts'

const BLOCK = 64
const DIGEST = 32
const HASH_PARAMETERS = 0x0101_0000 ^ DIGEST
const INNER_PAD = 0x3636_3636
const OUTER_PAD = 0x5c5c_5c5c

const words = new Int32Array(16)
const key = new Int32Array(8)
const inner = new Int32Array(8)
const outer = new Int32Array(8)
/** States behind the padded key. */
const afterInnerPad = new Int32Array(8)
const afterOuterPad = new Int32Array(8)
const SCRATCH = [words, key, inner, outer, afterInnerPad, afterOuterPad]

/** `count` outputs of 32 bytes, 1 to 3. A chaining key that has not 32 bytes or an input of more than 64 is a RangeError. */
export function kdfBlake2s(chainingKey: Uint8Array, input: Uint8Array, count: number): Uint8Array[] {
  needKdf(chainingKey, input)
  extract(chainingKey, input)
  const outputs: Uint8Array[] = []
  for (let n = 1; n <= count; n++) outputs.push(expand(n))
  for (const scratch of SCRATCH) scratch.fill(0)
  return outputs
}

/** The secret, HMAC(chaining key, input), becomes the key of what follows. */
function extract(chainingKey: Uint8Array, input: Uint8Array): void {
  read(chainingKey)
  copy(key, words)
  hashPadded(inner, INNER_PAD, input.length === 0)
  if (input.length > 0) {
    read(input)
    compress(inner, words, BLOCK + input.length, true)
  }
  hashPadded(outer, OUTER_PAD, false)
  takeDigest(inner)
  compress(outer, words, BLOCK + DIGEST, true)
  copy(key, outer)
  hashPadded(afterInnerPad, INNER_PAD, false)
  hashPadded(afterOuterPad, OUTER_PAD, false)
}

/** HMAC(secret, output before ‖ n); before the first there is none. */
function expand(n: number): Uint8Array {
  if (n === 1) {
    words.fill(0)
    words[0] = n
  } else {
    takeDigest(outer)
    words[8] = n
  }
  copy(inner, afterInnerPad)
  compress(inner, words, n === 1 ? BLOCK + 1 : BLOCK + DIGEST + 1, true)
  copy(outer, afterOuterPad)
  takeDigest(inner)
  compress(outer, words, BLOCK + DIGEST, true)
  const output = new Uint8Array(DIGEST)
  for (let i = 0; i < DIGEST; i++) output[i] = outer[i >>> 2]! >>> ((i & 3) << 3)
  return output
}

/** Begins a hash with the padded key; `last`: nothing follows it. */
function hashPadded(state: Int32Array, pad: number, last: boolean): void {
  for (let i = 0; i < 8; i++) words[i] = key[i]! ^ pad
  for (let i = 8; i < 16; i++) words[i] = pad
  beginState(state, HASH_PARAMETERS)
  compress(state, words, BLOCK, last)
}

function takeDigest(state: Int32Array): void {
  copy(words, state)
  for (let i = 8; i < 16; i++) words[i] = 0
}

/** At most 64 bytes, little endian, as the block to hash. */
function read(bytes: Uint8Array): void {
  words.fill(0)
  for (let i = 0; i < bytes.length; i++) words[i >>> 2]! |= bytes[i]! << ((i & 3) << 3)
}

function copy(to: Int32Array, from: Int32Array): void {
  for (let i = 0; i < 8; i++) to[i] = from[i]!
}
