/** The functions of paper §5.4 under the paper's names, straight on noble: a second opinion on impl's, sharing none of its code. */
import { chacha20poly1305, xchacha20poly1305 } from '@noble/ciphers/chacha.js'
import { x25519 } from '@noble/curves/ed25519.js'
import { blake2s } from '@noble/hashes/blake2.js'
import { hmac } from '@noble/hashes/hmac.js'
import { concat, littleEndian } from './bytes.ts'

/** Hash(input): BLAKE2s, 32 bytes. */
export const Hash = (input: Uint8Array): Uint8Array => blake2s(input)

/** Mac(key, input): keyed BLAKE2s, 16 bytes. */
export const Mac = (key: Uint8Array, input: Uint8Array): Uint8Array => blake2s(input, { key, dkLen: 16 })

/** Hmac(key, input): HMAC with BLAKE2s, 32 bytes. */
export const Hmac = (key: Uint8Array, input: Uint8Array): Uint8Array => hmac(blake2s, key, input)

/** Kdf_n(key, input): the n 32-byte values τ1 … τn. */
export function Kdf(n: number, key: Uint8Array, input: Uint8Array): Uint8Array[] {
  const tau0 = Hmac(key, input)
  const taus: Uint8Array[] = []
  let previous: Uint8Array = new Uint8Array(0)
  for (let i = 1; i <= n; i++) {
    previous = Hmac(tau0, concat(previous, Uint8Array.of(i)))
    taus.push(previous)
  }
  return taus
}

/** DH-Generate, given the private half. */
export const publicOf = (privateKey: Uint8Array): Uint8Array => x25519.getPublicKey(privateKey)

/** DH(private, public); undefined where the result is zero. */
export function DH(privateKey: Uint8Array, publicKey: Uint8Array): Uint8Array | undefined {
  try {
    return x25519.getSharedSecret(privateKey, publicKey)
  } catch {
    return undefined
  }
}

/** Aead(key, counter, plaintext, authtext): ChaCha20-Poly1305, nonce of 32 zero bits and the counter, little endian. */
export const Aead = (key: Uint8Array, counter: bigint, plaintext: Uint8Array, authtext: Uint8Array): Uint8Array =>
  chacha20poly1305(key, concat(new Uint8Array(4), littleEndian(counter, 8)), authtext).encrypt(plaintext)

/** Xaead(key, nonce, plaintext, authtext): XChaCha20-Poly1305, nonce of 24 bytes. */
export const Xaead = (key: Uint8Array, nonce: Uint8Array, plaintext: Uint8Array, authtext: Uint8Array): Uint8Array =>
  xchacha20poly1305(key, nonce, authtext).encrypt(plaintext)
