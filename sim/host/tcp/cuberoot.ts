/** The largest integer whose cube is at most n: 0 ≤ n < 2^53. Exact, bit by bit: no engine differs. */
export function cubeRoot(n: number): number {
  if (!Number.isSafeInteger(n) || n < 0) throw new RangeError(`no cube root of ${n}: an integer from 0 to 2^53 - 1`)
  let root = 0
  for (let bit = 1 << 17; bit > 0; bit >>>= 1) {
    const more = root + bit
    // Beyond 2^53 the product is rounded, but to nothing below 2^53.
    if (more * more * more <= n) root = more
  }
  return root
}
