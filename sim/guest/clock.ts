/** The clock of a guest: what a scenario says of it, as commands; and beside the guest's own, what it ought to show. */
import { type Instant, later, NEVER, type WallTime } from '../../impl/box.ts'
import { durationNs, wallSpan } from '../../scenarios/language/quantity.ts'
import type { StepOf } from '../../scenarios/language/step.ts'
import { WallClock } from '../host/clock.ts'
import type { HostOptions } from '../host/options.ts'

export class GuestClock {
  readonly #spec: NonNullable<HostOptions['spec']['clock']>
  readonly #epoch: WallTime
  readonly #clock: WallClock
  /** When the time service arrives. */
  #ntp: Instant = NEVER
  /** Since when it has run as it does, and what it would have shown then at 0: seconds since 1970. */
  readonly #since: { readonly at: Instant; readonly zero_s: number }[] = []

  constructor({ spec, epoch }: Pick<HostOptions, 'spec' | 'epoch'>) {
    this.#spec = spec.clock ?? {}
    this.#epoch = epoch
    const { offset = '0s', drift_ppm = 0, rtc } = this.#spec
    this.#clock = new WallClock(epoch, wallSpan(offset), drift_ppm, rtc)
  }

  /** The machine boots: its time of day then. */
  boot(now: Instant): WallTime {
    this.#clock.boot(now)
    const { ntp } = this.#spec
    this.#ntp = ntp === undefined ? NEVER : later(now, durationNs(ntp.after))
    this.#wasSet(now)
    return this.#clock.at(now)
  }

  /** What makes a guest's clock run as this one does after its boot; it was set when it was started. */
  booted(): string[] {
    const { drift_ppm = 0 } = this.#spec
    return drift_ppm === 0 ? [] : [driftLine(drift_ppm)]
  }

  off(now: Instant): void {
    this.#clock.off(now)
    this.#ntp = NEVER
  }

  get due(): Instant {
    return this.#ntp
  }

  /** The time service has arrived. */
  arrived(now: Instant): string {
    return this.sync(now, this.#spec.ntp?.how ?? 'step')
  }

  change(now: Instant, { jump, drift_ppm, sync }: StepOf<'clock'>): string {
    if (jump !== undefined) {
      this.#clock.jump(now, wallSpan(jump))
      this.#wasSet(now)
    }
    if (drift_ppm !== undefined) this.#clock.setDrift(now, drift_ppm)
    return [
      ...(jump === undefined ? [] : [this.line(now)]),
      ...(drift_ppm === undefined ? [] : [driftLine(drift_ppm)]),
      ...(sync === undefined ? [] : [this.sync(now, sync)]),
    ].join(' && ')
  }

  sync(now: Instant, how: 'step' | 'slew'): string {
    this.#ntp = NEVER
    this.#clock.sync(now, how)
    this.#wasSet(now)
    if (how === 'step') return `${driftLine(0)} && ${this.line(now)}`
    const { sec, nsec } = after(this.#epoch, now)
    return `/lab/agent slew ${sec} ${nsec}`
  }

  /** When it showed this, in the run's time: the last time, where it did so more than once. It has whole seconds. */
  timeOf(wall_s: number): number {
    let until = Number.POSITIVE_INFINITY
    for (const { at, zero_s } of this.#since.toReversed()) {
      const time = (wall_s - zero_s) * 1e9
      if (time > at - 1e9 && time <= until) return time
      until = at
    }
    return Math.min(until, Number.MAX_SAFE_INTEGER)
  }

  #wasSet(now: Instant): void {
    const { sec, nsec } = this.#clock.at(now)
    const whole = Math.floor(now / 1e9)
    this.#since.push({ at: now, zero_s: sec - whole + Math.floor((nsec - (now - whole * 1e9)) / 1e9) })
  }

  /** Sets the guest's clock to what it ought to show. */
  line(now: Instant): string {
    const { sec, nsec } = this.#clock.at(now)
    return `date -u -s @${sec}.${String(nsec).padStart(9, '0')} > /dev/null`
  }
}

const driftLine = (ppm: number) => `/lab/agent drift ${ppm}`

function after({ sec, nsec }: WallTime, ns: number): WallTime {
  const whole = Math.floor(ns / 1e9)
  const rest = nsec + (ns - whole * 1e9)
  return rest >= 1e9 ? { sec: sec + whole + 1, nsec: rest - 1e9 } : { sec: sec + whole, nsec: rest }
}
