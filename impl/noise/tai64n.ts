/** The timestamp of a handshake initiation (paper §5.4.2): TAI64N, 8 bytes of seconds and 4 of nanoseconds, big endian. */
import type { WallTime } from '../box.ts'

/** 1970 in TAI64: 2^62, and the 10 s that TAI was then ahead of UTC. Leap seconds since are not counted, as in the kernel. */
const TAI64_EPOCH = 2n ** 62n + 10n

/** The low 24 bits of the nanoseconds, which stay zero: at most one timestamp in 2^24 ns, so that no fine clock leaks (kernel, noise.c). */
const WHITENED = 0xff_ffff

/** 12 bytes for a host's wall time, nanoseconds rounded down to a multiple of 2^24. Throws a RangeError on a fraction or 10^9 ns and more. */
export function tai64n(wall: WallTime): Uint8Array {
  if (!Number.isSafeInteger(wall.sec)) throw new RangeError(`wall time: ${wall.sec} s is not a whole number`)
  if (!Number.isInteger(wall.nsec) || wall.nsec < 0 || wall.nsec > 999_999_999) {
    throw new RangeError(`wall time: ${wall.nsec} ns (a whole number from 0 to 999999999)`)
  }
  const stamp = new Uint8Array(12)
  const view = new DataView(stamp.buffer)
  view.setBigUint64(0, TAI64_EPOCH + BigInt(wall.sec))
  view.setUint32(8, wall.nsec & ~WHITENED)
  return stamp
}

/** Whether timestamp `a` is strictly greater than `b`: bytes compared from the left, whatever they mean (behaviour 15). */
export function isAfter(a: Uint8Array, b: Uint8Array): boolean {
  for (let i = 0; i < 12; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0)
    if (difference !== 0) return difference > 0
  }
  return false
}
