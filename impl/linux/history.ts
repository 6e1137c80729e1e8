/** What a daemon remembers beside the Device, which only counts: the last drops, and how many belong to nobody. */
import type { DropReason } from '../drops.ts'
import type { PublicKey } from '../key.ts'
import type { PlaneEvent } from './dataplane.ts'

export interface RecentDrop {
  readonly reason: DropReason
  /** Milliseconds since 1970. */
  readonly at_ms: number
  /** How many of this reason came one after the other. */
  readonly count: number
}

/** Of each peer, and of nobody. */
const KEPT = 8

export class History {
  readonly #recent = new Map<PublicKey | undefined, RecentDrop[]>()
  readonly #unknown = new Map<DropReason, number>()

  take(event: PlaneEvent, now_ms: number): void {
    if (event.kind === 'peer' && event.what === 'removed') this.#recent.delete(event.peer)
    if (event.kind !== 'drop' && event.kind !== 'drops') return
    const { reason, peer } = event
    const more = event.kind === 'drop' ? 1 : event.count
    if (peer === undefined) this.#unknown.set(reason, (this.#unknown.get(reason) ?? 0) + more)
    const drops = this.#recent.get(peer) ?? []
    this.#recent.set(peer, drops)
    const last = drops.at(-1)
    if (last?.reason === reason) drops[drops.length - 1] = { reason, at_ms: now_ms, count: last.count + more }
    else drops.push({ reason, at_ms: now_ms, count: more })
    if (drops.length > KEPT) drops.shift()
  }

  /** The oldest first; at most 8. undefined: those that belong to no peer. */
  recent(peer: PublicKey | undefined): readonly RecentDrop[] {
    return this.#recent.get(peer) ?? []
  }

  /** Drops that belong to no peer, by reason. */
  unknown(): Readonly<Partial<Record<DropReason, number>>> {
    return Object.fromEntries(this.#unknown)
  }
}
