/** What both providers share: lengths checked with a clear message, and the counter as a nonce. */

/** Bytes of a Poly1305 tag. */
export const TAG_LENGTH = 16

/** Throws a RangeError that names `what` unless `bytes` has exactly `length` bytes. */
export function need(what: string, bytes: Uint8Array, length: number): void {
  if (bytes.length !== length) throw new RangeError(`${what} has ${length} bytes, not ${bytes.length}`)
}

/** Throws a RangeError unless a keyed BLAKE2s can have this key. */
export function needMacKey(key: Uint8Array): void {
  if (key.length < 1 || key.length > 32) throw new RangeError(`a BLAKE2s key has 1 to 32 bytes, not ${key.length}`)
}

/** Throws a RangeError unless these are a chaining key and an input of one block of BLAKE2s. */
export function needKdf(chainingKey: Uint8Array, input: Uint8Array): void {
  need('a chaining key', chainingKey, 32)
  if (input.length > 64) throw new RangeError(`the input of a Kdf has at most 64 bytes, not ${input.length}`)
}

export interface CounterNonce {
  /** 4 zero bytes and the counter, 64 bits little endian. The same array each time: use it before the next call. */
  at(counter: bigint): Uint8Array
}

/** A nonce buffer to be written again and again (paper §5.4.6). */
export function counterNonce(): CounterNonce {
  const bytes = new Uint8Array(12)
  const view = new DataView(bytes.buffer)
  return {
    at(counter) {
      view.setBigUint64(4, counter, true)
      return bytes
    },
  }
}
