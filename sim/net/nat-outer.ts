/** Mappings by their outer end. Where ports are shared, several have one: they are told apart by the remote end. */
import type { NatParameters } from '../../scenarios/language/nat-parameters.ts'
import { type End, endKey } from './flow.ts'
import { type Key, NOBODY } from './nat-key.ts'

interface Owned {
  readonly key: Key
  /** As much of its remote end as it was made for. */
  readonly remoteKey: Key
}

/** All that have one outer end. */
interface Slot<T> {
  readonly mappings: Set<T>
  readonly byRemote: Map<Key, T>
}

export class OuterIndex<T extends Owned> {
  readonly #sharing: NatParameters['sharing']
  readonly #single = new Map<Key, T>()
  readonly #slots = new Map<Key, Slot<T>>()

  constructor(sharing: NatParameters['sharing']) {
    this.#sharing = sharing
  }

  /** The one for what `remote` sends to this outer end; the oldest there when none was made for it. */
  find(key: Key, remote: End | undefined): T | undefined {
    if (this.#sharing === 'none') return this.#single.get(key)
    const slot = this.#slots.get(key)
    if (slot === undefined) return undefined
    const meant =
      remote === undefined
        ? undefined
        : (slot.byRemote.get(endKey(remote.address, remote.port)) ??
          slot.byRemote.get(endKey(remote.address, 0)) ??
          slot.byRemote.get(NOBODY))
    if (meant !== undefined) return meant
    const [oldest] = slot.mappings
    return oldest
  }

  has(mapping: T): boolean {
    if (this.#sharing === 'none') return this.#single.get(mapping.key) === mapping
    return this.#slots.get(mapping.key)?.mappings.has(mapping) === true
  }

  add(mapping: T): void {
    if (this.#sharing === 'none') {
      this.#single.set(mapping.key, mapping)
      return
    }
    const slot = this.#slots.get(mapping.key) ?? { mappings: new Set(), byRemote: new Map() }
    this.#slots.set(mapping.key, slot)
    slot.mappings.add(mapping)
    slot.byRemote.set(mapping.remoteKey, mapping)
  }

  /** It sends to `remote`: of those that share its port without limits, the last one to send gets the answers. */
  sends(mapping: T, remote: End): void {
    if (this.#sharing !== 'always') return
    const slot = this.#slots.get(mapping.key)
    slot?.byRemote.set(endKey(remote.address, remote.port), mapping)
    slot?.byRemote.set(mapping.remoteKey, mapping)
  }

  remove(mapping: T): void {
    if (this.#sharing === 'none') {
      if (this.#single.get(mapping.key) === mapping) this.#single.delete(mapping.key)
      return
    }
    const slot = this.#slots.get(mapping.key)
    if (slot === undefined) return
    slot.mappings.delete(mapping)
    if (slot.mappings.size === 0) {
      this.#slots.delete(mapping.key)
      return
    }
    if (this.#sharing === 'by-remote') slot.byRemote.delete(mapping.remoteKey)
    else for (const [remote, one] of slot.byRemote) if (one === mapping) slot.byRemote.delete(remote)
  }

  /** All of them, by outer end. */
  all(): T[] {
    if (this.#sharing === 'none') return [...this.#single.values()]
    return [...this.#slots.values()].flatMap(({ mappings }) => [...mappings])
  }
}
