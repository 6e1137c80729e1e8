/** The first and the last of a long row of things. */
export class HeadAndTail<T> {
  readonly #size: number
  readonly #head: T[] = []
  readonly #tail: T[] = []
  #next = 0

  /** `size`: how many of the first, and of the last, are kept. */
  constructor(size: number) {
    this.#size = size
  }

  push(item: T): void {
    if (this.#head.length < this.#size) this.#head.push(item)
    else {
      this.#tail[this.#next] = item
      this.#next = (this.#next + 1) % this.#size
    }
  }

  /** In their order. */
  items(): T[] {
    return [...this.#head, ...this.#tail.slice(this.#next), ...this.#tail.slice(0, this.#next)]
  }
}
