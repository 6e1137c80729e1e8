/** Troubles in words, each once a second at most: or a flood of packets would be a flood of lines. */
import { type Instant, NS_PER_S } from '../../box.ts'

const MOST_KNOWN = 100

export class Seldom {
  readonly #say: (text: string) => void
  readonly #last = new Map<string, Instant>()

  constructor(say: (text: string) => void) {
    this.#say = say
  }

  tell(now: Instant, text: string): void {
    const last = this.#last.get(text)
    if (last !== undefined && now - last < NS_PER_S) return
    if (this.#last.size > MOST_KNOWN) this.#last.clear()
    this.#last.set(text, now)
    this.#say(text)
  }

  /** The clock was put back. */
  forget(): void {
    this.#last.clear()
  }
}
