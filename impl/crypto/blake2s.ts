/**
 * BLAKE2s (RFC 7693) and HMAC on it, for the short inputs of a handshake: there a call into OpenSSL costs more than the
 * hash. The hash in hand lives in this module; every function wipes it before it returns.
 */
import { needMacKey } from './bytes.ts'
import { beginState, compress } from './compress.ts'

const BLOCK = 64
const DIGEST = 32
const HASH_PARAMETERS = 0x0101_0000 ^ DIGEST
const INNER_PAD = 0x36
const OUTER_PAD = 0x5c

const state = new Int32Array(8)
const words = new Int32Array(16)
const block = new Uint8Array(BLOCK)
/** The inner digest of an HMAC. */
const inner = new Uint8Array(DIGEST)
/** Bytes in `block`. A full one waits until more comes: the last is treated differently. */
let filled = 0
/** Bytes that went through `compress`. */
let total = 0

/** BLAKE2s-256 of the parts joined. */
export function blake2s(...parts: Uint8Array[]): Uint8Array {
  begin(HASH_PARAMETERS)
  for (const part of parts) update(part)
  return finish(new Uint8Array(DIGEST))
}

/** Keyed BLAKE2s-128 of the parts joined (paper §5.4, Mac): 16 bytes. A key that has not 1 to 32 bytes is a RangeError. */
export function keyedBlake2s(key: Uint8Array, ...parts: Uint8Array[]): Uint8Array {
  needMacKey(key)
  begin(0x0101_0000 ^ (key.length << 8) ^ 16)
  block.fill(0)
  block.set(key)
  filled = BLOCK
  for (const part of parts) update(part)
  return finish(new Uint8Array(16))
}

/** HMAC-BLAKE2s-256 (RFC 2104) of the parts joined, under a key of any length. */
export function hmacBlake2s(key: Uint8Array, ...parts: Uint8Array[]): Uint8Array {
  const short = key.length > BLOCK ? blake2s(key) : key
  begin(HASH_PARAMETERS)
  pad(short, INNER_PAD)
  for (const part of parts) update(part)
  finish(inner)
  begin(HASH_PARAMETERS)
  pad(short, OUTER_PAD)
  update(inner)
  inner.fill(0)
  return finish(new Uint8Array(DIGEST))
}

function begin(parameters: number): void {
  beginState(state, parameters)
  filled = 0
  total = 0
}

/** The first block of an HMAC: the key and zeros, every byte changed. */
function pad(key: Uint8Array, byte: number): void {
  for (let i = 0; i < key.length; i++) block[i] = key[i]! ^ byte
  block.fill(byte, key.length)
  filled = BLOCK
}

function update(bytes: Uint8Array): void {
  let at = 0
  while (at < bytes.length) {
    if (filled === BLOCK) flush(false)
    const from = filled
    const count = Math.min(BLOCK - from, bytes.length - at)
    for (let i = 0; i < count; i++) block[from + i] = bytes[at + i]!
    filled = from + count
    at += count
  }
}

function flush(last: boolean): void {
  for (let i = 0, at = 0; i < 16; i++, at += 4) {
    words[i] = block[at]! | (block[at + 1]! << 8) | (block[at + 2]! << 16) | (block[at + 3]! << 24)
  }
  total += filled
  compress(state, words, total, last)
  filled = 0
}

/** Writes as much of the digest as `digest` has room for, and wipes the rest. */
function finish(digest: Uint8Array): Uint8Array {
  for (let i = filled; i < BLOCK; i++) block[i] = 0
  flush(true)
  for (let i = 0; i < digest.length; i++) digest[i] = state[i >>> 2]! >>> ((i & 3) << 3)
  for (let i = 0; i < 8; i++) state[i] = 0
  for (let i = 0; i < 16; i++) words[i] = 0
  for (let i = 0; i < BLOCK; i++) block[i] = 0
  return digest
}
