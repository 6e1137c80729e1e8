/** CUBIC (RFC 9438) in whole numbers: milliseconds, and millionths of a segment. Without HyStart. */
import { NS_PER_MS } from '../../../impl/box.ts'
import type { Congestion } from './congestion.ts'
import { cubeRoot } from './cuberoot.ts'

const INITIAL_WINDOW = 10
const NO_THRESHOLD = 0x7fff_ffff
/** One segment. */
const UNIT = 1_000_000
/** β = 0.7 (RFC 9438 §4.6). */
const BETA = { of: 7, in: 10 } as const
/** C = 0.4 segments a second cubed (§5.1): a time of t ms gives t³ / 2500 millionths of a segment. */
const CUBE = 2500
/** α = 3 (1 − β) / (1 + β) = 9 / 17 (§4.3). */
const ALPHA = { of: 9, in: 17 } as const
/** Longer than this from its plateau nobody's window grows undisturbed; its cube is below 2^53. */
const MOST_MS = 200_000

export class Cubic implements Congestion {
  readonly name = 'cubic'
  threshold = NO_THRESHOLD
  /** Millionths of a segment. */
  #window: number
  /** W_max: where the plateau is. */
  #plateau = 0
  /** W_est: what Reno would have. */
  #reno = 0
  /** cwnd_prior: what it was before the last reduction. */
  #prior = 0
  /** K, in milliseconds. */
  #wait = 0
  /** Undefined: congestion avoidance has not begun since the last reduction. */
  #epoch: number | undefined

  constructor(window: number) {
    this.#window = window * UNIT
  }

  get window(): number {
    return Math.floor(this.#window / UNIT)
  }

  acknowledged(now: number, segments: number, rtt_ns: number): void {
    let left = segments
    if (this.window < this.threshold) {
      const grow = Math.min(left, this.threshold - this.window)
      this.#window += grow * UNIT
      left -= grow
    }
    if (left > 0) this.#avoid(now, left, rtt_ns)
  }

  reduce(now: number): void {
    void now
    this.#remember()
    const reduced = Math.floor((this.#window * BETA.of) / BETA.in)
    this.#window = Math.max(reduced, 2 * UNIT)
    this.threshold = this.window
  }

  collapse(_now: number, first: boolean): void {
    if (first) {
      this.#remember()
      this.threshold = Math.max(Math.floor((this.window * BETA.of) / BETA.in), 2)
    }
    this.#window = UNIT
    this.#epoch = undefined
  }

  restart(): void {
    this.#window = Math.min(this.#window, INITIAL_WINDOW * UNIT)
    this.#epoch = undefined
  }

  /** Where the window was; a flow that lost before it was back leaves room for others (fast convergence, §4.7). */
  #remember(): void {
    const { of, in: whole } = BETA
    const shrinking = this.#window < this.#plateau
    this.#plateau = shrinking ? Math.floor((this.#window * (whole + of)) / (2 * whole)) : this.#window
    this.#prior = this.#window
    this.#epoch = undefined
  }

  #avoid(now: number, segments: number, rtt_ns: number): void {
    if (this.#epoch === undefined) this.#begin(now)
    const elapsed = Math.floor((now - (this.#epoch ?? now)) / NS_PER_MS)
    const later = elapsed + Math.floor(rtt_ns / NS_PER_MS)
    // W_est grows by α a window, and by 1 once it is where the last loss was.
    const slope = this.#reno < this.#prior ? ALPHA : { of: 1, in: 1 }
    this.#reno += Math.floor((segments * UNIT * slope.of) / (slope.in * this.window))
    if (this.#at(elapsed) < this.#reno) {
      if (this.#reno > this.#window) this.#window = this.#reno
      return
    }
    const target = Math.min(Math.max(this.#at(later), this.#window), Math.floor((this.#window * 3) / 2))
    this.#window += Math.floor(((target - this.#window) * segments) / this.window)
  }

  #begin(now: number): void {
    this.#epoch = now
    if (this.#plateau < this.#window) this.#plateau = this.#window
    this.#wait = cubeRoot((this.#plateau - this.#window) * CUBE)
    this.#reno = this.#window
  }

  /** W_cubic, so many milliseconds into the epoch (§4.2). */
  #at(elapsed: number): number {
    const time = Math.max(-MOST_MS, Math.min(elapsed - this.#wait, MOST_MS))
    return Math.max(0, this.#plateau + Math.trunc((time * time * time) / CUBE))
  }
}
