/** Memory for packets, cut from larger pieces: a buffer of its own for each packet costs more than all else a router does. */

/** A packet that is kept keeps its piece: it must not be much larger than a few packets. */
const PIECE = 1 << 16
/** Larger packets have a buffer of their own, or they would waste the rest of a piece. */
const LARGEST = PIECE >>> 4
/** 16-bit and 32-bit words of a packet can be read in place. */
const ALIGNMENT = 8

let piece = new ArrayBuffer(PIECE)
let used = 0

/** Zeros. The array's `buffer` is shared with other packets; no byte of it is ever given out twice. */
export function allocate(length: number): Uint8Array {
  if (length > LARGEST) return new Uint8Array(length)
  if (used + length > PIECE) {
    piece = new ArrayBuffer(PIECE)
    used = 0
  }
  const bytes = new Uint8Array(piece, used, length)
  used = (used + length + ALIGNMENT - 1) & -ALIGNMENT
  return bytes
}

/** The first `length` bytes as a new array. */
export function copyOf(bytes: Uint8Array, length: number = bytes.length): Uint8Array {
  const copy = allocate(length)
  copy.set(length === bytes.length ? bytes : bytes.subarray(0, length))
  return copy
}
