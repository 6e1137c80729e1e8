/** What transfers carry: a byte tells its place in the stream, so that nothing has to be kept to send it again or to check it. */

/** A prime, so that no segment size is a multiple of it. */
const PERIOD = 251
const PATTERN = Uint8Array.from({ length: 65_536 + PERIOD }, (_, i) => i % PERIOD)

/** Writes bytes [from, from + length) of the stream. */
export function fillPattern(into: Uint8Array, from: number): void {
  const start = from % PERIOD
  into.set(PATTERN.subarray(start, start + into.length))
}

/** Whether these are the bytes of the stream from a place on. */
export function isPattern(bytes: Uint8Array, from: number): boolean {
  const start = from % PERIOD
  let different = 0
  for (let i = 0; i < bytes.length; i++) different |= bytes[i]! ^ PATTERN[start + i]!
  return different === 0
}
