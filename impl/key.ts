/**
 * Keys that do not print. A secret key shows as `(key)` wherever it is logged, inspected or serialised;
 * its bytes are only to be had by asking for them.
 */

/** A public key as people write it: base64 of 32 bytes, 44 characters. Safe to print; equal strings are equal keys. */
export type PublicKey = string & { readonly __publicKey: 'base64 of 32 bytes' }

export class Key {
  readonly #bytes: Uint8Array

  /** Takes a copy of exactly 32 bytes; throws a RangeError on any other length. */
  constructor(bytes: Uint8Array) {
    if (bytes.length !== 32) throw new RangeError(`a key has 32 bytes, not ${bytes.length}`)
    this.#bytes = Uint8Array.from(bytes)
  }

  /** The 32 secret bytes themselves, not a copy: do not change them. */
  reveal(): Uint8Array {
    return this.#bytes
  }

  isZero(): boolean {
    return this.#bytes.every(byte => byte === 0)
  }

  equals(other: Key): boolean {
    let difference = 0
    for (let i = 0; i < 32; i++) difference |= (this.#bytes[i] ?? 0) ^ (other.#bytes[i] ?? 0)
    return difference === 0
  }

  /** Overwrites the bytes. Best effort: the engine may have copied them. */
  zero(): void {
    this.#bytes.fill(0)
  }

  toString(): string {
    return '(key)'
  }

  toJSON(): string {
    return '(key)'
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return '(key)'
  }
}
