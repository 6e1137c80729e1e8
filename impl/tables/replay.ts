/** The sliding window against replays (paper §5.4.6; RFC 6479): 8192 bits in a ring of which the newest 8128 counters can be used. */

import { REPLAY_WINDOW } from '../constants.ts'

/** COUNTER_BITS_TOTAL of the kernel. Of the window one 64-bit word stays unused: it may be the one just cleared. */
const BITS_TOTAL = 8192
const WORD_BITS = 32
const WORDS = BITS_TOTAL / WORD_BITS
const BIG_WORD_BITS = BigInt(WORD_BITS)

/** Above this a counter plus one is no safe integer any more, and bigint takes over. */
const LAST_SMALL = Number.MAX_SAFE_INTEGER - 1

/**
 * Which counters were seen. Call it only after the packet authenticated (behaviour 59).
 * A counter at or above REJECT_AFTER_MESSAGES is the caller's to refuse.
 */
export class ReplayWindow {
  readonly #ring = new Uint32Array(WORDS)
  // Both are one more than the highest counter seen, so that 0 says "nothing yet". #bigTop takes over for good once a counter is too big.
  #top = 0
  #bigTop: bigint | undefined

  /** True and remembered, exactly when the counter was not seen before and is at most 8128 below the highest. */
  accept(counter: bigint | number): boolean {
    if (typeof counter === 'number' && this.#bigTop === undefined && counter <= LAST_SMALL) return this.#small(counter)
    return this.#any(BigInt(counter))
  }

  #any(counter: bigint): boolean {
    if (this.#bigTop !== undefined || counter > LAST_SMALL) return this.#big(counter)
    return this.#small(Number(counter))
  }

  #small(counter: number): boolean {
    const next = counter + 1
    const top = this.#top
    if (top - next > REPLAY_WINDOW) return false
    if (next > top) {
      this.#clear(top % BITS_TOTAL, Math.floor(next / WORD_BITS) - Math.floor(top / WORD_BITS))
      this.#top = next
    }
    return this.#mark(next % BITS_TOTAL)
  }

  #big(counter: bigint): boolean {
    const next = counter + 1n
    const top = this.#bigTop ?? BigInt(this.#top)
    if (top - next > REPLAY_WINDOW) return false
    if (next > top) {
      this.#clear(Number(top % BigInt(BITS_TOTAL)), Number(next / BIG_WORD_BITS - top / BIG_WORD_BITS))
      this.#bigTop = next
    }
    return this.#mark(Number(next % BigInt(BITS_TOTAL)))
  }

  /** Empties the `words` words that follow the one of `bit`, all of them when there are more. */
  #clear(bit: number, words: number): void {
    const from = (bit >>> 5) + 1
    for (let i = 0; i < words && i < WORDS; i++) this.#ring[(from + i) % WORDS] = 0
  }

  #mark(bit: number): boolean {
    const word = bit >>> 5
    const mask = 1 << (bit & 31)
    const old = this.#ring[word] ?? 0
    if ((old & mask) !== 0) return false
    this.#ring[word] = old | mask
    return true
  }
}
