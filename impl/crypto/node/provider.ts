/**
 * The fast provider on Node: OpenSSL for X25519 and ChaCha20-Poly1305; our own BLAKE2s, which for a handshake's short
 * inputs is faster than the way into OpenSSL; noble for XChaCha20, which OpenSSL lacks.
 */
import {
  createCipheriv,
  createDecipheriv,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  type KeyObject,
} from 'node:crypto'
import { blake2s, hmacBlake2s, keyedBlake2s } from '../blake2s.ts'
import { counterNonce, need, TAG_LENGTH } from '../bytes.ts'
import { kdfBlake2s } from '../kdf.ts'
import { xchachaOpen, xchachaSeal } from '../noble.ts'
import type { Aead, CryptoProvider, PrivateKey } from '../provider.ts'

/** CryptoProvider (`../provider.ts`) on node:crypto. A key or nonce of a wrong length is a RangeError. */
export const nodeCrypto: CryptoProvider = {
  name: 'node:crypto',
  privateKey: opensslKey,
  aead: opensslAead,
  hash: blake2s,
  hmac: hmacBlake2s,
  kdf: kdfBlake2s,
  mac: keyedBlake2s,
  xseal: xchachaSeal,
  xopen: xchachaOpen,
}

function opensslKey(bytes: Uint8Array): PrivateKey {
  need('an X25519 private key', bytes, 32)
  const privateKey = importPrivate(bytes)
  const exported = createPublicKey(privateKey).export({ format: 'jwk' })
  const publicKey = Uint8Array.from(Buffer.from(exported.x ?? '', 'base64url'))
  return {
    publicKey,
    dh(theirs) {
      need('an X25519 public key', theirs, 32)
      const x = base64url(theirs)
      const imported = createPublicKey({ key: { kty: 'OKP', crv: 'X25519', x }, format: 'jwk' })
      try {
        return plain(diffieHellman({ privateKey, publicKey: imported }))
      } catch {
        // Both keys were read, so OpenSSL refuses one thing only: an all-zero result.
        return undefined
      }
    },
  }
}

/** JWK is 5 to 10 times as fast to read as DER. It wants a public half, which Node does not look at when the private one is there. */
function importPrivate(bytes: Uint8Array): KeyObject {
  const d = base64url(bytes)
  try {
    return createPrivateKey({ key: { kty: 'OKP', crv: 'X25519', d, x: d }, format: 'jwk' })
  } catch {
    return createPrivateKey({ key: Buffer.concat([PKCS8_X25519, bytes]), format: 'der', type: 'pkcs8' })
  }
}

/** RFC 8410 §7: everything of a PKCS#8 X25519 key that comes before its 32 bytes. */
const PKCS8_X25519 = Buffer.from('302e020100300506032b656e04220420', 'hex')

const CIPHER = 'chacha20-poly1305'
const TAG = { authTagLength: TAG_LENGTH }

function opensslAead(bytes: Uint8Array): Aead {
  need('a ChaCha20-Poly1305 key', bytes, 32)
  // Not a KeyObject: that costs more to make than it saves in the few messages of a handshake, and as much a packet.
  const key = Uint8Array.from(bytes)
  const nonce = counterNonce()
  return {
    seal(counter, plaintext, additional, headroom = 0) {
      const cipher = createCipheriv(CIPHER, key, nonce.at(counter), TAG)
      if (additional.length > 0) cipher.setAAD(additional, { plaintextLength: plaintext.length })
      const tagAt = headroom + plaintext.length
      const message = new Uint8Array(tagAt + TAG_LENGTH)
      if (plaintext.length > 0) message.set(cipher.update(plaintext), headroom)
      cipher.final()
      message.set(cipher.getAuthTag(), tagAt)
      return message
    },
    open(counter, ciphertext, additional) {
      const length = ciphertext.length - TAG_LENGTH
      if (length < 0) return undefined
      const decipher = createDecipheriv(CIPHER, key, nonce.at(counter), TAG)
      decipher.setAuthTag(ciphertext.subarray(length))
      if (additional.length > 0) decipher.setAAD(additional, { plaintextLength: length })
      const opened = length > 0 ? plain(decipher.update(ciphertext.subarray(0, length))) : new Uint8Array(0)
      try {
        decipher.final()
      } catch {
        return undefined
      }
      return opened
    },
  }
}

const base64url = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64url')

/** A Buffer as the Uint8Array it is: nothing of Node leaves this file. */
const plain = (buffer: Buffer): Uint8Array => new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length)
