/** Quantities as people write them in a scenario: `25s`, `10Mbit`. Exact: no rounding through floating point. */
import { z } from 'zod'

const UNIT_NS: ReadonlyMap<string, bigint> = new Map([
  ['ns', 1n],
  ['us', 1_000n],
  ['ms', 1_000_000n],
  ['s', 1_000_000_000n],
  ['m', 60_000_000_000n],
  ['h', 3_600_000_000_000n],
  ['d', 86_400_000_000_000n],
])

const NS_PER_S = 1_000_000_000n
const MOST_WALL_S = 10_000 * 366 * 86_400

export const duration = z
  .templateLiteral([z.number(), z.enum(['ns', 'us', 'ms', 's', 'm', 'h', 'd'])])
  .describe('A duration with its unit: 25s, 1.5s, 20ms, 2m, 1h, 10d. Clock jumps may be negative.')
export type Duration = z.infer<typeof duration>

export const rate = z
  .templateLiteral([z.number(), z.enum(['bit', 'kbit', 'Mbit', 'Gbit'])])
  .describe('Bits per second: 512kbit, 10Mbit, 1Gbit.')
export type Rate = z.infer<typeof rate>

/** Nanoseconds, rounded towards zero below one nanosecond. Throws a RangeError on text that is no duration or is beyond 2^53 ns. */
export function durationNs(text: Duration): number {
  const value = Number(exactNs(text))
  if (!Number.isSafeInteger(value)) throw new RangeError(`too long: "${text}" (at most 104 days)`)
  return value
}

function exactNs(text: Duration): bigint {
  const match = /^(-?)(\d+)(?:\.(\d+))?(ns|us|ms|s|m|h|d)$/.exec(text)
  const unit = UNIT_NS.get(match?.[4] ?? '')
  if (match === null || unit === undefined)
    throw new RangeError(`not a duration: "${text}" (write 25s, 1.5s, 20ms, 2m)`)
  const fraction = match[3] ?? ''
  const ns = (BigInt((match[2] ?? '0') + fraction) * unit) / 10n ** BigInt(fraction.length)
  return match[1] === '-' ? -ns : ns
}

/** A step of a wall clock, which may be longer than any run: whole seconds (rounded down) and the nanoseconds above them. */
export interface WallSpan {
  readonly sec: number
  readonly nsec: number
}

/** `-1h`, `3650d`. Throws a RangeError on text that is no duration or moves a clock by more than ten thousand years. */
export function wallSpan(text: Duration): WallSpan {
  const ns = exactNs(text)
  const nsec = ((ns % NS_PER_S) + NS_PER_S) % NS_PER_S
  const sec = Number((ns - nsec) / NS_PER_S)
  if (sec < -MOST_WALL_S || sec > MOST_WALL_S) throw new RangeError(`too far: "${text}" (at most ten thousand years)`)
  return { sec, nsec: Number(nsec) }
}

/** Bits per second as an integer. Throws a RangeError on text that is no rate. */
export function rateBits(text: Rate): number {
  const match = /^(\d+)(?:\.(\d+))?(bit|kbit|Mbit|Gbit)$/.exec(text)
  const unit = new Map([
    ['bit', 1n],
    ['kbit', 1_000n],
    ['Mbit', 1_000_000n],
    ['Gbit', 1_000_000_000n],
  ]).get(match?.[3] ?? '')
  if (match === null || unit === undefined) throw new RangeError(`not a rate: "${text}" (write 512kbit, 10Mbit, 1Gbit)`)
  const fraction = match[2] ?? ''
  return Number((BigInt((match[1] ?? '0') + fraction) * unit) / 10n ** BigInt(fraction.length))
}

/** Bits per second as people read them: `9.5 Mbit/s`, `512 kbit/s`. */
export function formatRate(bits: number): string {
  const [unit, name] =
    bits >= 1e9 ? [1e9, 'Gbit/s'] : bits >= 1e6 ? [1e6, 'Mbit/s'] : bits >= 1e3 ? [1e3, 'kbit/s'] : [1, 'bit/s']
  const tenths = Math.floor((bits * 10) / unit)
  const rest = unit > 1 && tenths % 10 > 0 ? `.${tenths % 10}` : ''
  return `${Math.floor(tenths / 10)}${rest} ${name}`
}

/** Nanoseconds as people read them: `20.04 s`, `15 ms`. */
export function formatNs(ns: number): string {
  const sign = ns < 0 ? '-' : ''
  const size = ns < 0 ? -ns : ns
  const [unit, name] = size >= 1e9 ? [1e9, 's'] : size >= 1e6 ? [1e6, 'ms'] : size >= 1e3 ? [1e3, 'us'] : [1, 'ns']
  const whole = Math.floor(size / unit)
  const rest = String(size - whole * unit)
    .padStart(String(unit).length - 1, '0')
    .replace(/0+$/, '')
  return `${sign}${whole}${unit > 1 && rest !== '' ? `.${rest}` : ''} ${name}`
}
