/** Numbers and spans as parts of sentences. */
import type { Range } from '../language/expectation.ts'
import { type Duration, durationNs, formatNs } from '../language/quantity.ts'

/** Whether a count is what a range asks for. */
export function inRange(count: number, range: Range): boolean {
  if (typeof range === 'number') return count === range
  return count >= (range.min ?? 0) && count <= (range.max ?? Number.MAX_SAFE_INTEGER)
}

/** `exactly 3`, `at least 2`, `at most 5`, `2 to 5` */
export function rangeText(range: Range): string {
  if (typeof range === 'number') return `exactly ${range}`
  const { min, max } = range
  if (min === undefined) return max === undefined ? 'any number of' : `at most ${max}`
  if (max === undefined) return `at least ${min}`
  return min === max ? `exactly ${min}` : `${min} to ${max}`
}

/** `1 packet`, `3 packets` */
export function counted(count: number, noun: string): string {
  return `${count} ${count === 1 ? noun : plural(noun)}`
}

/** The noun as a range asks for it: `exactly 1 packet`, `at least 2 packets`, `no packet`. */
export function rangeOf(range: Range, noun: string): string {
  if (range === 0 || (typeof range === 'object' && range.max === 0)) return `no ${noun}`
  const one = range === 1 || (typeof range === 'object' && (range.max ?? range.min) === 1)
  return `${rangeText(range)} ${one ? noun : plural(noun)}`
}

/** `is` or `are`, after a noun in the number that a range asks for. */
export function isAre(range: Range): 'is' | 'are' {
  const most = typeof range === 'number' ? range : (range.max ?? range.min)
  return most === 0 || most === 1 ? 'is' : 'are'
}

/** `All 3 pings of "hello" are`, `The ping of "hello" is`, `At least 39 of the 40 pings of "walk" are`, `None of …is` */
export function shareText(range: Range, total: number, noun: string, step: string): string {
  const of = `of "${step}"`
  const least = typeof range === 'number' ? range : (range.min ?? 0)
  if (least === total) return total === 1 ? `The ${noun} ${of} is` : `All ${counted(total, noun)} ${of} are`
  const group = total === 1 ? `the one ${noun}` : `the ${counted(total, noun)}`
  if (range === 0 || (typeof range === 'object' && range.max === 0)) return `None of ${group} ${of} is`
  return `${capital(rangeText(range))} of ${group} ${of} ${isAre(range)}`
}

export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

export function plural(noun: string): string {
  return noun.endsWith('reply') ? `${noun.slice(0, -1)}ies` : `${noun}s`
}

/** ` from 1 s to 5 s`, or nothing. */
export function betweenText(between: readonly [Duration, Duration] | undefined): string {
  return between === undefined ? '' : ` from ${formatNs(durationNs(between[0]))} to ${formatNs(durationNs(between[1]))}`
}

export interface Span {
  /** Nanoseconds, inclusive. */
  readonly from: number
  /** Nanoseconds, exclusive. */
  readonly to: number
}

/** A span of an expectation in nanoseconds; the whole run without one. */
export function spanNs(between: readonly [Duration, Duration] | undefined): Span {
  if (between === undefined) return { from: 0, to: Number.POSITIVE_INFINITY }
  return { from: durationNs(between[0]), to: durationNs(between[1]) }
}

/** `1, 2, 3 and 7 more` */
export function listText(items: readonly (string | number)[], most = 5): string {
  const rest = items.length - most
  return rest > 0 ? `${items.slice(0, most).join(', ')} and ${rest} more` : items.join(', ')
}
