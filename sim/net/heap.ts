/** What a heap holds: ordered by `due`, and by `seq` at the same instant. */
export interface Due {
  readonly due: number
  readonly seq: number
}

/** A binary heap: the earliest first. */
export class Heap<T extends Due> {
  #items: T[] = []

  get length(): number {
    return this.#items.length
  }

  peek(): T | undefined {
    return this.#items[0]
  }

  push(item: T): void {
    const items = this.#items
    let at = items.length
    items.push(item)
    while (at > 0) {
      const up = (at - 1) >> 1
      if (!isBefore(item, items[up]!)) break
      items[at] = items[up]!
      at = up
    }
    items[at] = item
  }

  pop(): T | undefined {
    const items = this.#items
    const first = items[0]
    const last = items.pop()
    if (first === undefined || last === undefined || items.length === 0) return first
    let at = 0
    for (;;) {
      let down = 2 * at + 1
      if (down >= items.length) break
      if (down + 1 < items.length && isBefore(items[down + 1]!, items[down]!)) down++
      if (!isBefore(items[down]!, last)) break
      items[at] = items[down]!
      at = down
    }
    items[at] = last
    return first
  }

  /** Everything, in no stated order. */
  items(): readonly T[] {
    return this.#items
  }

  /** Everything leaves, in no stated order. */
  clear(): readonly T[] {
    const items = this.#items
    this.#items = []
    return items
  }
}

/** Earlier, or at the same instant and with the lower number. */
export function isBefore(a: Due, b: Due): boolean {
  return a.due < b.due || (a.due === b.due && a.seq < b.seq)
}
