/**
 * The one shape of everything that takes part: devices, hosts, links, NATs.
 * Time and chance are arguments; a box never asks for them.
 */

/** Nanoseconds since the run's start: a safe integer from 0 to 2^53 − 1 (104 days). */
export type Instant = number & { readonly __instant: 'ns since the start of the run' }

/** The deadline of a box that waits for nothing. Later than every other instant. */
export const NEVER = Number.MAX_SAFE_INTEGER as Instant

export const NS_PER_MS = 1_000_000
export const NS_PER_S = 1_000_000_000

/** Nanoseconds since the start as an instant. Throws a RangeError on a fraction, a negative number, or 104 days and more. */
export function instant(ns: number): Instant {
  if (!Number.isSafeInteger(ns) || ns < 0) {
    throw new RangeError(`not an instant: ${ns} ns (an integer from 0 to 2^53 - 1, that is 104 days)`)
  }
  return ns as Instant
}

/** `at` moved by `ns` nanoseconds. NEVER stays NEVER, and what would come after the end of time never comes. */
export function later(at: Instant, ns: number): Instant {
  return at + ns >= NEVER ? NEVER : instant(at + ns)
}

/** `at` on a clock that was put back by `by_ns`: what would come before its start comes at its start. NEVER stays NEVER. */
export function rebased(at: Instant, by_ns: number): Instant {
  if (at === NEVER) return NEVER
  return instant(Math.max(0, at - by_ns))
}

export interface Box<In, Out> {
  handleInput(now: Instant, input: In): void
  handleTimeout(now: Instant): void
  /** The next thing that leaves the box, until undefined: call it until then after every input and every timeout. */
  pollOutput(): Out | undefined
  /** When handleTimeout wants to be called; NEVER when it does not. */
  pollTimeout(): Instant
  /** What the deadline is for, in words. For the trace only. */
  timeoutReason(): string
}

/** A packet is known by the box it was born in and that box's own count. It keeps its id through tunnels, NATs, fragments and copies. */
export interface PacketId {
  readonly box: string
  readonly n: number
}

/** Chance, split by name so that what one part draws never moves what another draws. */
export interface Random {
  bytes(length: number): Uint8Array
  /** An integer from 0 to bound − 1, uniformly. bound: 1 … 2^32. */
  below(bound: number): number
  split(name: string): Random
}

/** A host's idea of the time of day: seconds since 1970 (may be negative) and nanoseconds from 0 to 999,999,999. */
export interface WallTime {
  readonly sec: number
  readonly nsec: number
}

/** An address as it stands in a packet: 4 bytes for IPv4, 16 for IPv6. */
export type Address = Uint8Array

export interface Endpoint {
  readonly address: Address
  /** UDP port, 1 … 65535. */
  readonly port: number
  /** Interface index of a link-local IPv6 address, else absent. */
  readonly scope?: number
}
