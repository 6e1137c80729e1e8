/** A clock that counts sleep, of what Node and /proc tell: Node's own stands still while the machine sleeps. */
import { readFileSync } from 'node:fs'
import { instant, NS_PER_MS, NS_PER_S } from '../../box.ts'
import type { DeviceClock } from '../deviceclock.ts'

/** What tells the time; tests have their own. */
export interface TimeSources {
  /** Nanoseconds, without sleep (CLOCK_MONOTONIC). */
  monotonic_ns(): bigint
  /** Milliseconds since 1970. */
  wall_ms(): number
  /** Seconds since boot, with sleep; undefined where nobody knows. */
  uptime_s(): number | undefined
}

/** /proc/uptime has hundredths, and is read a moment after the other clock: less than this is no sleep. */
const LEAST_SLEEP_NS = 500 * NS_PER_MS
/** How far the time of day may run away from the monotonic clock before somebody asks why: sleep, or a clock that was set. */
const SUSPICIOUS_MS = 250
/** And how often to ask anyhow. */
const ASK_MS = 10_000

const SYSTEM: TimeSources = {
  monotonic_ns: () => process.hrtime.bigint(),
  wall_ms: () => Date.now(),
  uptime_s() {
    try {
      const seconds = Number.parseFloat(readFileSync('/proc/uptime', 'latin1'))
      return Number.isFinite(seconds) ? seconds : undefined
    } catch {
      return undefined
    }
  },
}

/** After a sleep the time of day has jumped: that is cheap to see at every call, and only then /proc is read. */
export function createClock(sources: TimeSources = SYSTEM, onSleep: (slept_s: number) => void = () => {}): DeviceClock {
  const start = sources.monotonic_ns()
  const awake_ns = (): number => Number(sources.monotonic_ns() - start)
  const uptimeStart = sources.uptime_s()
  let slept_ns = 0
  let back_ns = 0
  let asked = { awake_ms: 0, wall_ms: sources.wall_ms() }

  const ask = (): void => {
    const uptime_s = sources.uptime_s()
    if (uptime_s === undefined || uptimeStart === undefined) return
    const more = Math.round((uptime_s - uptimeStart) * NS_PER_S) - awake_ns() - slept_ns
    if (more < LEAST_SLEEP_NS) return
    slept_ns += more
    onSleep(more / NS_PER_S)
  }
  return {
    now() {
      const awake = awake_ns()
      const awake_ms = awake / NS_PER_MS
      const wall_ms = sources.wall_ms()
      const ran = awake_ms - asked.awake_ms
      if (ran > ASK_MS || Math.abs(wall_ms - asked.wall_ms - ran) > SUSPICIOUS_MS) {
        asked = { awake_ms, wall_ms }
        ask()
      }
      return instant(awake + slept_ns - back_ns)
    },
    rebase(by_s) {
      back_ns += by_s * NS_PER_S
    },
    wall() {
      const now_ms = sources.wall_ms()
      return { sec: Math.floor(now_ms / 1000), nsec: (now_ms % 1000) * NS_PER_MS }
    },
  }
}
