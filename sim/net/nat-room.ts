/** Room in the table of a NAT: how many mappings there may be, of one host and of all, and which one has to go. */
import type { NatParameters } from '../../scenarios/language/nat-parameters.ts'
import { endKey } from './flow.ts'
import type { Key } from './nat-key.ts'
import type { Track } from './nat-life.ts'

interface Counted {
  readonly inside: { readonly address: Uint8Array }
  readonly track: Track
}

export type Refused = 'table' | 'host'

export class Room<T extends Counted> {
  readonly #most: number
  readonly #mostOfHost: number
  readonly #whenFull: NatParameters['when_full']
  readonly #hosts = new Map<Key, number>()
  /** In the order in which they were last used; kept only where one may have to go. */
  readonly #order = new Set<T>()
  readonly #ordered: boolean
  #size = 0

  constructor(parameters: NatParameters) {
    const { max_mappings, max_per_host, when_full } = parameters
    this.#most = max_mappings === 'none' ? Number.POSITIVE_INFINITY : max_mappings
    this.#mostOfHost = max_per_host === 'none' ? Number.POSITIVE_INFINITY : max_per_host
    this.#whenFull = when_full
    this.#ordered = max_mappings !== 'none' && when_full !== 'drop-new'
  }

  /** Whether one more of this host may be made, perhaps instead of `victim`. */
  ask(inside: Uint8Array): { readonly refused: Refused } | { readonly victim: T | undefined } {
    if (this.#mostOfHost !== Number.POSITIVE_INFINITY && this.#ofHost(inside) >= this.#mostOfHost)
      return { refused: 'host' }
    if (this.#size < this.#most) return { victim: undefined }
    const victim = this.#victim()
    return victim === undefined ? { refused: 'table' } : { victim }
  }

  add(mapping: T): void {
    this.#size++
    if (this.#ordered) this.#order.add(mapping)
    if (this.#mostOfHost === Number.POSITIVE_INFINITY) return
    const host = endKey(mapping.inside.address, 0)
    this.#hosts.set(host, (this.#hosts.get(host) ?? 0) + 1)
  }

  used(mapping: T): void {
    if (this.#ordered && this.#order.delete(mapping)) this.#order.add(mapping)
  }

  remove(mapping: T): void {
    this.#size--
    if (this.#ordered) this.#order.delete(mapping)
    if (this.#mostOfHost === Number.POSITIVE_INFINITY) return
    const host = endKey(mapping.inside.address, 0)
    const left = (this.#hosts.get(host) ?? 0) - 1
    if (left > 0) this.#hosts.set(host, left)
    else this.#hosts.delete(host)
  }

  #ofHost(inside: Uint8Array): number {
    return this.#hosts.get(endKey(inside, 0)) ?? 0
  }

  #victim(): T | undefined {
    if (this.#whenFull === 'drop-new') return undefined
    for (const mapping of this.#order) {
      if (this.#whenFull === 'evict-oldest' || !isAssured(mapping.track)) return mapping
    }
    return undefined
  }
}

/** What Linux calls ASSURED: traffic that is worth keeping. */
function isAssured(track: Track): boolean {
  return track.stream || track.tcp === 'established' || track.tcp === 'closing'
}
