/**
 * Controlled delay, RFC 8289: when packets have waited for `target` or more during a whole `interval`, one is dropped from
 * the front, and then more and more often (by the square root of their number) until the wait is short again.
 */
import { formatNs } from '../../scenarios/language/quantity.ts'
import { type Discipline, emptied, Line, type Lost, type Parcel } from './discipline.ts'
import { congested } from './marks.ts'

export interface CodelOptions {
  readonly target_ns: number
  readonly interval_ns: number
  /** Mark those that are ECT instead of dropping them (RFC 8289, RFC 8290). */
  readonly ecn: boolean
}

/** Less than this is no standing queue: one packet is always on its way (RFC 8289). */
const MAXPACKET = 1514

/** The state of one queue that is controlled. Names as in RFC 8289 */
export class Codel {
  readonly #options: CodelOptions
  readonly #lost: Lost
  #firstAboveTime = 0
  #dropNext = 0
  #count = 0
  #lastcount = 0
  #dropping = false

  constructor(options: CodelOptions, lost: Lost) {
    this.#options = options
    this.#lost = lost
  }

  /** The next packet of the row that goes on. */
  shift(now: number, line: Line): Parcel | undefined {
    let parcel = line.shift()
    let bad = this.#isBad(now, parcel, line)
    if (this.#dropping) {
      if (!bad) this.#dropping = false
      while (this.#dropping && now >= this.#dropNext && parcel !== undefined) {
        this.#count++
        const marked = this.#mark(parcel)
        if (marked !== undefined) {
          this.#dropNext += controlLaw(this.#options.interval_ns, this.#count)
          return marked
        }
        this.#drop(now, parcel)
        parcel = line.shift()
        bad = this.#isBad(now, parcel, line)
        if (bad) this.#dropNext += controlLaw(this.#options.interval_ns, this.#count)
        else this.#dropping = false
      }
    } else if (bad && parcel !== undefined) {
      const marked = this.#mark(parcel)
      if (marked === undefined) {
        this.#drop(now, parcel)
        parcel = line.shift()
        this.#isBad(now, parcel, line)
      } else parcel = marked
      this.#begin(now)
    }
    return parcel
  }

  /** It begins where it left off when it has dropped not long ago. */
  #begin(now: number): void {
    const { interval_ns } = this.#options
    const delta = this.#count - this.#lastcount
    this.#dropping = true
    this.#count = delta > 1 && now - this.#dropNext < 16 * interval_ns ? delta : 1
    this.#lastcount = this.#count
    this.#dropNext = now + controlLaw(interval_ns, this.#count)
  }

  /** Whether packets have waited too long for a whole interval (ok_to_drop). */
  #isBad(now: number, parcel: Parcel | undefined, line: Line): boolean {
    const { target_ns, interval_ns } = this.#options
    if (parcel === undefined || now - parcel.came < target_ns || line.bytes <= MAXPACKET) {
      this.#firstAboveTime = 0
      return false
    }
    if (this.#firstAboveTime !== 0) return now >= this.#firstAboveTime
    this.#firstAboveTime = now + interval_ns
    return false
  }

  #mark(parcel: Parcel): Parcel | undefined {
    const packet = this.#options.ecn ? congested(parcel.packet) : undefined
    return packet === undefined ? undefined : { ...parcel, packet }
  }

  #drop(now: number, { packet, came }: Parcel): void {
    this.#lost(now, packet, 'codel', `waited ${formatNs(now - came)}`)
  }
}

/** One queue under control. */
export class CodelQueue implements Discipline {
  readonly #line = new Line()
  readonly #codel: Codel

  constructor(options: CodelOptions, lost: Lost) {
    this.#codel = new Codel(options, lost)
  }

  get length(): number {
    return this.#line.length
  }

  get bytes(): number {
    return this.#line.bytes
  }

  push(_now: number, parcel: Parcel): void {
    this.#line.push(parcel)
  }

  shift(now: number): Parcel | undefined {
    return this.#codel.shift(now, this.#line)
  }

  clear(): Parcel[] {
    return emptied(this.#line)
  }

  holding(): Iterable<Parcel> {
    return this.#line.holding()
  }
}

/** Interval to its steps, by count: the same few are asked for again and again. */
const STEPS = new Map<number, number[]>()

/** interval / sqrt(count), rounded down: by integers, so that every engine has the same. */
export function controlLaw(interval_ns: number, count: number): number {
  let steps = STEPS.get(interval_ns)
  if (steps === undefined) {
    steps = []
    STEPS.set(interval_ns, steps)
  }
  const known = steps[count]
  if (known !== undefined) return known
  const square = BigInt(interval_ns) * BigInt(interval_ns)
  const step = Number(squareRoot(square / BigInt(count)))
  // The counts of a run come one after the other; a far one is not kept, so that the list has no holes.
  if (count <= steps.length) steps[count] = step
  return step
}

/** The integer square root, rounded down, by Newton's method. */
export function squareRoot(value: bigint): bigint {
  if (value < 2n) return value
  let root = 1n << BigInt((value.toString(2).length + 1) >> 1)
  for (;;) {
    const next = (root + value / root) >> 1n
    if (next >= root) return root
    root = next
  }
}
