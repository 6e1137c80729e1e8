/** What the last state row at or before a moment said of a peer. */
import { type Duration, durationNs, formatNs } from '../language/quantity.ts'
import type { Row, StateRow } from '../language/trace.ts'
import type { RunEnd } from '../language/verdict.ts'

export interface PeerWish {
  readonly host: string
  readonly peer: string
  readonly at?: Duration | undefined
}

/** Worlds tell the state whenever it changes, at the moments that expectations name, and at the end. */
export class PeerState {
  readonly #wish: PeerWish
  readonly #until: number
  readonly #others = new Set<string>()
  #state: StateRow | undefined

  constructor(wish: PeerWish) {
    this.#wish = wish
    this.#until = wish.at === undefined ? Number.POSITIVE_INFINITY : durationNs(wish.at)
  }

  row(row: Row): void {
    if (row.kind !== 'state' || row.host !== this.#wish.host || row.t > this.#until) return
    if (row.peer === this.#wish.peer) this.#state = row
    else this.#others.add(row.peer)
  }

  get state(): StateRow | undefined {
    return this.#state
  }

  /** Nanoseconds: the moment asked about. */
  moment(end: RunEnd): number {
    return Math.min(this.#until, end.ended_at)
  }

  /** A sentence about a peer that was never told of. */
  missing(): string {
    const { host, peer } = this.#wish
    const known = this.#others.size === 0 ? 'of no peer at all' : `of ${[...this.#others].join(', ')}`
    return `${host} told nothing of a peer "${peer}", but ${known}.`
  }
}

/** ` at 30 s`, ` at the end` */
export function momentText(at: Duration | undefined): string {
  return at === undefined ? 'at the end' : `at ${formatNs(durationNs(at))}`
}
