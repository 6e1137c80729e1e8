/**
 * What WireGuard needs of cryptography, and nothing else. Two providers exist: noble (`./noble.ts`, readable, runs
 * everywhere) and node:crypto (`./node/provider.ts`, fast). They are held equal by differential property tests.
 */

/** ChaCha20-Poly1305 under one key, prepared once. The nonce is 4 zero bytes and the counter as 64 bits little endian (paper §5.4.6). */
export interface Aead {
  /** Ciphertext followed by the 16-byte tag; in front of it `headroom` zero bytes for a header of the caller's, none by default. */
  seal(counter: bigint, plaintext: Uint8Array, additional: Uint8Array, headroom?: number): Uint8Array
  /** The plaintext, or undefined when the tag is wrong or the input is shorter than a tag. */
  open(counter: bigint, ciphertext: Uint8Array, additional: Uint8Array): Uint8Array | undefined
  /**
   * The same without additional data and without new memory, where a provider can: encrypts bytes[from, from + length)
   * where it stands and writes the tag after it. `counter`: at most 2^53 − 1.
   */
  sealInPlace?(counter: number, bytes: Uint8Array, from: number, length: number): void
  /** Decrypts bytes[from, from + length), tag included, where it stands. False: the tag is wrong, and nothing there is of use. */
  openInPlace?(counter: number, bytes: Uint8Array, from: number, length: number): boolean
}

/** A Curve25519 private key, prepared once (clamped). */
export interface PrivateKey {
  readonly publicKey: Uint8Array
  /** DH(private, public): 32 bytes, or undefined when the result is all zero (a low-order point). */
  dh(publicKey: Uint8Array): Uint8Array | undefined
}

export interface CryptoProvider {
  readonly name: string
  /** From 32 bytes, clamped here (RFC 7748 §5). */
  privateKey(bytes: Uint8Array): PrivateKey
  aead(key: Uint8Array): Aead
  /** BLAKE2s-256 of the parts joined. */
  hash(...parts: Uint8Array[]): Uint8Array
  /** HMAC-BLAKE2s-256 (paper §5.4, Hmac), of the parts joined. */
  hmac(key: Uint8Array, ...parts: Uint8Array[]): Uint8Array
  /** The paper's Kdf (§5.4): `count` outputs of 32 bytes, 1 to 3. `chainingKey`: 32 bytes; `input`: at most 64. */
  kdf(chainingKey: Uint8Array, input: Uint8Array, count: number): Uint8Array[]
  /** Keyed BLAKE2s-128 (paper §5.4, Mac), of the parts joined: 16 bytes. */
  mac(key: Uint8Array, ...parts: Uint8Array[]): Uint8Array
  /** XChaCha20-Poly1305 with a 24-byte nonce (cookie replies, paper §5.4.7). */
  xseal(key: Uint8Array, nonce: Uint8Array, plaintext: Uint8Array, additional: Uint8Array): Uint8Array
  xopen(key: Uint8Array, nonce: Uint8Array, ciphertext: Uint8Array, additional: Uint8Array): Uint8Array | undefined
}
