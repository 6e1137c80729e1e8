/** What the paper's §5.4 is built of, on @noble: Dh, Hash, Mac, Hmac, Kdf_n and Aead under their names there. */
import { chacha20poly1305 } from '@noble/ciphers/chacha.js'
import { x25519 } from '@noble/curves/ed25519.js'
import { blake2s } from '@noble/hashes/blake2.js'
import { hmac } from '@noble/hashes/hmac.js'
import { concatBytes } from '@noble/hashes/utils.js'

/** The public key of a private key (clamped as RFC 7748 §5 says). */
export function publicKey(privateKey: Uint8Array): Uint8Array {
  return x25519.getPublicKey(privateKey)
}

/** DH(private, public), or undefined where the result is all zero: a public key of low order. */
export function sharedSecret(privateKey: Uint8Array, peerPublic: Uint8Array): Uint8Array | undefined {
  try {
    return x25519.getSharedSecret(privateKey, peerPublic)
  } catch {
    return undefined
  }
}

export function hash(...parts: Uint8Array[]): Uint8Array {
  return blake2s(concatBytes(...parts))
}

export function mac(key: Uint8Array, ...parts: Uint8Array[]): Uint8Array {
  return blake2s(concatBytes(...parts), { key, dkLen: 16 })
}

/** Kdf_n(key, input) of §5.4: T0 = Hmac(key, input), T1 = Hmac(T0, 1), T2 = Hmac(T0, T1 ‖ 2), … */
export function kdf1(key: Uint8Array, input: Uint8Array): Uint8Array {
  return hmac(blake2s, hmac(blake2s, key, input), Uint8Array.of(1))
}

export function kdf2(key: Uint8Array, input: Uint8Array): [Uint8Array, Uint8Array] {
  const t0 = hmac(blake2s, key, input)
  const t1 = hmac(blake2s, t0, Uint8Array.of(1))
  return [t1, hmac(blake2s, t0, concatBytes(t1, Uint8Array.of(2)))]
}

export function kdf3(key: Uint8Array, input: Uint8Array): [Uint8Array, Uint8Array, Uint8Array] {
  const t0 = hmac(blake2s, key, input)
  const t1 = hmac(blake2s, t0, Uint8Array.of(1))
  const t2 = hmac(blake2s, t0, concatBytes(t1, Uint8Array.of(2)))
  return [t1, t2, hmac(blake2s, t0, concatBytes(t2, Uint8Array.of(3)))]
}

export function seal(key: Uint8Array, counter: bigint, plaintext: Uint8Array, additional: Uint8Array): Uint8Array {
  return chacha20poly1305(key, nonceOf(counter), additional).encrypt(plaintext)
}

export function open(
  key: Uint8Array,
  counter: bigint,
  ciphertext: Uint8Array,
  additional: Uint8Array,
): Uint8Array | undefined {
  try {
    return chacha20poly1305(key, nonceOf(counter), additional).decrypt(ciphertext)
  } catch {
    return undefined
  }
}

function nonceOf(counter: bigint): Uint8Array {
  const nonce = new Uint8Array(12)
  new DataView(nonce.buffer).setBigUint64(4, counter, true)
  return nonce
}
