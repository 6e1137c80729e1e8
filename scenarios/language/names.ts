/** Texts as numbers, in the order of their first use. Most rows name what the rows before them have named. */

/** A power of two. */
const RECENT = 256

export class Names {
  readonly #numbers = new Map<string, number>()
  /** What was asked for lately, by a hash that costs less than the map's. */
  readonly #recentTexts: string[] = new Array<string>(RECENT).fill('')
  readonly #recentNumbers: number[] = new Array<number>(RECENT).fill(-1)

  /** The number of a text; -1: it has none yet. */
  find(text: string): number {
    const { length } = text
    if (length === 0) return this.#numbers.get(text) ?? -1
    const slot = (length * 7 + text.charCodeAt(length - 1) + text.charCodeAt(length >>> 1) * 31) & (RECENT - 1)
    if (this.#recentTexts[slot] === text) return this.#recentNumbers[slot] as number
    const number = this.#numbers.get(text)
    if (number === undefined) return -1
    this.#recentTexts[slot] = text
    this.#recentNumbers[slot] = number
    return number
  }

  /** Gives the next number to a text that has none. */
  add(text: string): number {
    const number = this.#numbers.size
    this.#numbers.set(text, number)
    return number
  }
}
