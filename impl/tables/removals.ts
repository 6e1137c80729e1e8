/** How often something was removed under a name, remembered for the latest thousands of names and never underestimated. */

const MAX_NAMES = 4096

export class Removals {
  // A name moves to the end each time it is removed: the one that is forgotten first stands first.
  readonly #counts = new Map<string, number>()
  /** No name that was forgotten had been removed more often than this. */
  #forgotten = 0

  /** How many names are remembered. */
  get size(): number {
    return this.#counts.size
  }

  /** A number this name did not have before its latest removal. 0: it was never removed. */
  of(name: string): number {
    return this.#counts.get(name) ?? this.#forgotten
  }

  add(name: string): void {
    const count = this.of(name) + 1
    this.#counts.delete(name)
    this.#counts.set(name, count)
    if (this.#counts.size <= MAX_NAMES) return
    for (const [oldest, times] of this.#counts) {
      this.#counts.delete(oldest)
      this.#forgotten = Math.max(this.#forgotten, times)
      return
    }
  }
}
