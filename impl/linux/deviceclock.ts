/** The clock of a Device that runs for real: it counts the machine's sleep, and is put back before it ends. */
import { type Instant, NS_PER_S, type WallTime } from '../box.ts'
import { REJECT_AFTER_TIME_NS } from '../constants.ts'
import type { Device } from '../device.ts'

export interface DeviceClock {
  /** Nanoseconds since the clock was made or put back. Never goes back by itself. */
  now(): Instant
  /** From now on `now` is so many seconds less: a whole number, at most what it is. */
  rebase(by_s: number): void
  wall(): WallTime
}

/** A Device counts nanoseconds for 104 days. */
export const LIFETIME_NS = 100 * 86_400 * NS_PER_S
/** What is left of the past: no interval that a Device looks back is longer. */
const KEPT_S = 3600

/**
 * Between two looks at the clock the machine slept, or the program stood still, for so long that every session is over.
 * Its keys go at once, as the kernel's do before a sleep; else the timer that wipes them would fire late, and take the
 * handshake with it that another late timer has just begun.
 */
export function forgetSlept(device: Device, before: Instant, now: Instant): void {
  if (now - before >= REJECT_AFTER_TIME_NS) device.handleInput(now, { kind: 'suspend' })
}

/** Puts clock and device back when they are as old as `lifetime_ns`; returns by how many nanoseconds, 0 when they are young. */
export function keepYoung(device: Device, clock: DeviceClock, now: Instant, lifetime_ns = LIFETIME_NS): number {
  if (now < lifetime_ns) return 0
  const by_s = Math.floor(now / NS_PER_S) - KEPT_S
  if (by_s <= 0) return 0
  const by_ns = by_s * NS_PER_S
  device.rebase(now, by_ns)
  clock.rebase(by_s)
  return by_ns
}
