/** How much may be on its way: what every congestion control is, and Reno (RFC 5681, RFC 6582). Windows are counted in segments, as Linux does. */
import { Cubic } from './cubic.ts'

/** RFC 6928, and Linux TCP_INIT_CWND. */
export const INITIAL_WINDOW = 10
export const NO_THRESHOLD = 0x7fff_ffff

export type CongestionName = 'reno' | 'cubic'

export interface Congestion {
  readonly name: CongestionName
  /** Segments, at least 1. */
  readonly window: number
  readonly threshold: number
  /** So many segments were acknowledged while the window was what limited us. `rtt_ns`: smoothed. */
  acknowledged(now: number, segments: number, rtt_ns: number): void
  /** A loss or a congestion mark: once a window. */
  reduce(now: number): void
  /** A timeout. `first`: not one of several for the same data. */
  collapse(now: number, first: boolean): void
  /** After some idle time nothing is known of the path any more (RFC 5681 §4.1). */
  restart(): void
}

export function congestionOf(name: CongestionName, window: number): Congestion {
  return name === 'reno' ? new Reno(window) : new Cubic(window)
}

export class Reno implements Congestion {
  readonly name = 'reno'
  window: number
  threshold = NO_THRESHOLD
  /** Acknowledged in congestion avoidance since the window last grew. */
  #count = 0

  constructor(window: number) {
    this.window = window
  }

  acknowledged(_now: number, segments: number): void {
    let left = segments
    if (this.window < this.threshold) {
      const grow = Math.min(left, this.threshold - this.window)
      this.window += grow
      left -= grow
    }
    this.#count += left
    while (this.#count >= this.window) {
      this.#count -= this.window
      this.window++
    }
  }

  reduce(): void {
    this.threshold = Math.max(this.window >>> 1, 2)
    this.window = this.threshold
    this.#count = 0
  }

  collapse(_now: number, first: boolean): void {
    if (first) this.threshold = Math.max(this.window >>> 1, 2)
    this.window = 1
    this.#count = 0
  }

  restart(): void {
    this.window = Math.min(this.window, INITIAL_WINDOW)
  }
}
