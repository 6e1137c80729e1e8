/** The readable provider: every primitive from noble, in JavaScript, the same on every engine. Slow, and the oracle for the others. */
import { chacha20poly1305, xchacha20poly1305 } from '@noble/ciphers/chacha.js'
import { x25519 } from '@noble/curves/ed25519.js'
import { blake2s } from '@noble/hashes/blake2.js'
import { hmac } from '@noble/hashes/hmac.js'
import { counterNonce, need, needKdf, needMacKey, TAG_LENGTH } from './bytes.ts'
import type { Aead, CryptoProvider, PrivateKey } from './provider.ts'

/** The reference CryptoProvider (`./provider.ts`). A key or nonce of a wrong length is a RangeError. */
export const noble: CryptoProvider = {
  name: 'noble',
  privateKey: nobleKey,
  aead: nobleAead,
  hash(...parts) {
    const state = blake2s.create({})
    for (const part of parts) state.update(part)
    return state.digest()
  },
  hmac: nobleHmac,
  kdf(chainingKey, input, count) {
    needKdf(chainingKey, input)
    const secret = nobleHmac(chainingKey, input)
    let previous: Uint8Array = new Uint8Array(0)
    return Array.from({ length: count }, (_, n) => {
      previous = nobleHmac(secret, previous, Uint8Array.of(n + 1))
      return previous
    })
  },
  mac(key, ...parts) {
    needMacKey(key)
    const state = blake2s.create({ key, dkLen: 16 })
    for (const part of parts) state.update(part)
    return state.digest()
  },
  xseal: xchachaSeal,
  xopen: xchachaOpen,
}

function nobleHmac(key: Uint8Array, ...parts: Uint8Array[]): Uint8Array {
  const state = hmac.create(blake2s, key)
  for (const part of parts) state.update(part)
  return state.digest()
}

function nobleKey(bytes: Uint8Array): PrivateKey {
  need('an X25519 private key', bytes, 32)
  const secret = Uint8Array.from(bytes)
  return {
    publicKey: x25519.getPublicKey(secret),
    dh(publicKey) {
      need('an X25519 public key', publicKey, 32)
      try {
        return x25519.getSharedSecret(secret, publicKey)
      } catch {
        // With 32 bytes on both sides noble refuses one thing only: an all-zero result.
        return undefined
      }
    },
  }
}

function nobleAead(key: Uint8Array): Aead {
  need('a ChaCha20-Poly1305 key', key, 32)
  const secret = Uint8Array.from(key)
  const nonce = counterNonce()
  return {
    seal(counter, plaintext, additional, headroom = 0) {
      const sealed = chacha20poly1305(secret, nonce.at(counter), additional).encrypt(plaintext)
      if (headroom === 0) return sealed
      const message = new Uint8Array(headroom + sealed.length)
      message.set(sealed, headroom)
      return message
    },
    open(counter, ciphertext, additional) {
      if (ciphertext.length < TAG_LENGTH) return undefined
      try {
        return chacha20poly1305(secret, nonce.at(counter), additional).decrypt(ciphertext)
      } catch {
        return undefined
      }
    },
  }
}

/** XChaCha20-Poly1305: ciphertext and 16-byte tag. node:crypto has none, so both providers use this one. */
export function xchachaSeal(
  key: Uint8Array,
  nonce: Uint8Array,
  plaintext: Uint8Array,
  additional: Uint8Array,
): Uint8Array {
  need('an XChaCha20-Poly1305 key', key, 32)
  need('an XChaCha20-Poly1305 nonce', nonce, 24)
  return xchacha20poly1305(key, nonce, additional).encrypt(plaintext)
}

/** The plaintext, or undefined when the tag is wrong or the input is shorter than a tag. */
export function xchachaOpen(
  key: Uint8Array,
  nonce: Uint8Array,
  ciphertext: Uint8Array,
  additional: Uint8Array,
): Uint8Array | undefined {
  need('an XChaCha20-Poly1305 key', key, 32)
  need('an XChaCha20-Poly1305 nonce', nonce, 24)
  if (ciphertext.length < TAG_LENGTH) return undefined
  try {
    return xchacha20poly1305(key, nonce, additional).decrypt(ciphertext)
  } catch {
    return undefined
  }
}
