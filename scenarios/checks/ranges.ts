/** A set of whole numbers that mostly come in a row: kept as ranges. */
export class RangeSet {
  /** Starts and ends (inclusive), sorted, never touching. */
  readonly #starts: number[] = []
  readonly #ends: number[] = []

  /** Adds a number; false where it was there. */
  add(value: number): boolean {
    const last = this.#ends.length - 1
    if (last < 0 || value > (this.#ends[last] ?? 0)) {
      if (last >= 0 && value === (this.#ends[last] ?? 0) + 1) this.#ends[last] = value
      else {
        this.#starts.push(value)
        this.#ends.push(value)
      }
      return true
    }
    return this.#insert(value)
  }

  #insert(value: number): boolean {
    // The first range that does not lie wholly before the value.
    let low = 0
    let high = this.#ends.length - 1
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#ends[middle] ?? 0) < value) low = middle + 1
      else high = middle
    }
    if ((this.#starts[low] ?? 0) <= value) return false
    const joinsNext = this.#starts[low] === value + 1
    const joinsLast = low > 0 && this.#ends[low - 1] === value - 1
    if (joinsNext && joinsLast) {
      this.#ends.splice(low - 1, 1)
      this.#starts.splice(low, 1)
    } else if (joinsNext) this.#starts[low] = value
    else if (joinsLast) this.#ends[low - 1] = value
    else {
      this.#starts.splice(low, 0, value)
      this.#ends.splice(low, 0, value)
    }
    return true
  }
}
