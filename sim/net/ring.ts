const SMALLEST = 4
/** A larger one is given back when it runs empty, so that one great burst does not keep its memory for ever. */
const LARGEST = 4096

/** A queue without shift(): first in, first out, each step in constant time, nothing allocated but when it grows. */
export class Ring<T> {
  #items = empty<T>(SMALLEST)
  #head = 0
  #length = 0

  get length(): number {
    return this.#length
  }

  push(item: T): void {
    if (this.#length === this.#items.length) this.#grow()
    this.#items[(this.#head + this.#length) & (this.#items.length - 1)] = item
    this.#length++
  }

  /** The oldest. */
  peek(): T | undefined {
    return this.#items[this.#head]
  }

  /** The oldest leaves. */
  shift(): T | undefined {
    if (this.#length === 0) return undefined
    const item = this.#items[this.#head]
    this.#items[this.#head] = undefined
    this.#head = (this.#head + 1) & (this.#items.length - 1)
    this.#length--
    if (this.#length === 0 && this.#items.length > LARGEST) {
      this.#items = empty(SMALLEST)
      this.#head = 0
    }
    return item
  }

  /** The newest leaves. */
  pop(): T | undefined {
    if (this.#length === 0) return undefined
    this.#length--
    const at = (this.#head + this.#length) & (this.#items.length - 1)
    const item = this.#items[at]
    this.#items[at] = undefined
    return item
  }

  /** The nth from the oldest (0). */
  at(index: number): T | undefined {
    if (index < 0 || index >= this.#length) return undefined
    return this.#items[(this.#head + index) & (this.#items.length - 1)]
  }

  #grow(): void {
    const old = this.#items
    const size = old.length
    const items = empty<T>(size * 2)
    for (let i = 0; i < size; i++) items[i] = old[(this.#head + i) & (size - 1)]
    this.#items = items
    this.#head = 0
  }
}

function empty<T>(size: number): (T | undefined)[] {
  return new Array<T | undefined>(size).fill(undefined)
}
