/** Who is meant by the 32-bit index in a message: handshakes and key pairs of one device, under random numbers. */
import type { Random } from '../box.ts'

/** Every u32 may be an index, 0 too, as in the kernel (peerlookup.c). */
export class IndexTable<T> {
  readonly #entries = new Map<number, T>()

  get size(): number {
    return this.#entries.size
  }

  /**
   * Files the entry under a random index that nobody else has, and returns that. The kernel draws all indices from one
   * source; here each peer brings its own, so that what one does never changes another's messages.
   */
  insert(entry: T, random: Random): number {
    for (;;) {
      const index = random.below(2 ** 32)
      if (this.#entries.has(index)) continue
      this.#entries.set(index, entry)
      return index
    }
  }

  get(index: number): T | undefined {
    return this.#entries.get(index)
  }

  /** Another entry takes over the index; false, and nothing happens, when nobody has it. */
  replace(index: number, entry: T): boolean {
    if (!this.#entries.has(index)) return false
    this.#entries.set(index, entry)
    return true
  }

  /** Frees the index; false when nobody had it. */
  remove(index: number): boolean {
    return this.#entries.delete(index)
  }
}
