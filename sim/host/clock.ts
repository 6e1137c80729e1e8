/**
 * A machine's idea of the time of day. It may be wrong, run too fast or too slow, and be set; it may have no battery, and a
 * time service may set it right. It runs on while the machine sleeps, and with a battery while it is off.
 */
import { type Instant, NS_PER_S, type WallTime } from '../../impl/box.ts'
import type { WallSpan } from '../../scenarios/language/quantity.ts'

const MILLION = 1_000_000
/** How much faster or slower a clock runs that is slewed: adjtime(3) and ntpd, 500 parts per million. */
const SLEW_PPM = 500
/** An error larger than this, in seconds, can not be slewed away within any run (104 days). */
const MOST_SLEW_S = 4000

export type Rtc = 'battery' | 'none' | 'saved'

export class WallClock {
  readonly #epoch: WallTime
  readonly #rtc: Rtc
  /** What it shows at #since. */
  #base: WallTime
  #since: Instant = 0 as Instant
  #drift_ppm: number
  /** What it drifts by itself. */
  readonly #own_ppm: number
  /** From here on it shows the true time: set while it is slewed, and after. */
  #right = Number.POSITIVE_INFINITY
  #slewing = false
  /** What it showed when the machine went off. */
  #saved: WallTime | undefined

  /** `epoch`: the true time at instant 0. */
  constructor(epoch: WallTime, offset: WallSpan, drift_ppm: number, rtc: Rtc = 'battery') {
    this.#epoch = epoch
    this.#rtc = rtc
    this.#base = stepped(epoch, offset)
    this.#drift_ppm = drift_ppm
    this.#own_ppm = drift_ppm
  }

  /** The drift since it was last set is rounded down to whole nanoseconds. */
  at(now: Instant): WallTime {
    if (now >= this.#right) return moved(this.#epoch, now)
    const elapsed = now - this.#since
    const millions = Math.floor(elapsed / MILLION)
    // Two products, each below 2^53, in place of one that is not.
    const drift_ns =
      millions * this.#drift_ppm + Math.floor(((elapsed - millions * MILLION) * this.#drift_ppm) / MILLION)
    return moved(moved(this.#base, elapsed), drift_ns)
  }

  jump(now: Instant, by: WallSpan): void {
    this.#set(now, stepped(this.at(now), by))
  }

  setDrift(now: Instant, ppm: number): void {
    this.#set(now, this.at(now))
    this.#drift_ppm = ppm
  }

  /** The machine goes off. */
  off(now: Instant): void {
    this.#saved = this.at(now)
  }

  /** The machine boots: what its clock says then depends on its battery. */
  boot(now: Instant): void {
    switch (this.#rtc) {
      case 'battery':
        return
      case 'none':
        this.#set(now, { sec: 0, nsec: 0 })
        break
      case 'saved':
        if (this.#saved === undefined) return
        this.#set(now, this.#saved)
    }
    this.#drift_ppm = this.#own_ppm
  }

  /** A time service tells the true time: at once, or by running faster or slower until it is reached. It drifts no more. */
  sync(now: Instant, how: 'step' | 'slew'): void {
    if (how === 'step') {
      this.#set(now, this.at(now))
      this.#drift_ppm = 0
      this.#right = now
      return
    }
    const shown = this.at(now)
    const truth = moved(this.#epoch, now)
    const behind_s = truth.sec - shown.sec
    this.#set(now, shown)
    const behind_ns = behind_s * NS_PER_S + (truth.nsec - shown.nsec)
    this.#drift_ppm = behind_ns < 0 ? -SLEW_PPM : SLEW_PPM
    this.#slewing = true
    const most = behind_s > MOST_SLEW_S || behind_s < -MOST_SLEW_S
    if (!most) this.#right = now + Math.abs(behind_ns) * (MILLION / SLEW_PPM)
  }

  #set(now: Instant, time: WallTime): void {
    this.#base = time
    this.#since = now
    this.#right = Number.POSITIVE_INFINITY
    // Who sets the clock ends the slewing, and what was set right drifts no more.
    if (this.#slewing) this.#drift_ppm = 0
    this.#slewing = false
  }
}

/** Both have their nanoseconds from 0 to 999,999,999. */
function stepped(time: WallTime, { sec, nsec }: WallSpan): WallTime {
  return moved({ sec: time.sec + sec, nsec: time.nsec }, nsec)
}

function moved(time: WallTime, ns: number): WallTime {
  const sec = Math.floor(ns / NS_PER_S)
  const nsec = time.nsec + (ns - sec * NS_PER_S)
  return nsec >= NS_PER_S ? { sec: time.sec + sec + 1, nsec: nsec - NS_PER_S } : { sec: time.sec + sec, nsec }
}
