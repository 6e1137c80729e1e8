/** `wg` waits for a resolver that does not answer, and tries again (parse_endpoint in wireguard-tools' config.c). */
import { type Instant, later, NEVER } from '../../impl/box.ts'

/** WG_ENDPOINT_RESOLUTION_RETRIES; the first try is not one of them. */
export const RESOLUTION_RETRIES = 15
const FIRST_US = 1_000_000
const MOST_US = 20_000_000

/** What became of a try: over (well or not), or the resolver did not answer. */
export type Try = 'over' | 'no-answer'

interface Waiting {
  /** `last`: after this one it gives up. */
  readonly attempt: (now: Instant, last: boolean) => Try
  /** What is waited for, for people. */
  readonly what: string
  due: Instant
  pause_us: number
  left: number
}

export class Retries {
  readonly #note: (now: Instant, text: string) => void
  #waiting: Waiting[] = []

  constructor(note: (now: Instant, text: string) => void) {
    this.#note = note
  }

  /** Tries at once. What waits is tried again after 1 s, then after 1.2 times as long each time, at most 20 s. */
  begin(now: Instant, what: string, attempt: Waiting['attempt']): void {
    if (attempt(now, false) === 'over') return
    const waiting = { attempt, what, due: now, pause_us: FIRST_US, left: RESOLUTION_RETRIES }
    this.#waiting.push(waiting)
    this.#pause(now, waiting)
  }

  handleTimeout(now: Instant): void {
    for (const one of [...this.#waiting]) {
      if (one.due > now || !this.#waiting.includes(one)) continue
      one.left--
      if (one.attempt(now, one.left === 0) === 'over' || one.left === 0) {
        this.#waiting = this.#waiting.filter(other => other !== one)
        continue
      }
      one.pause_us = Math.min(MOST_US, Math.floor((one.pause_us * 6) / 5))
      this.#pause(now, one)
    }
  }

  pollTimeout(): Instant {
    let due: number = NEVER
    for (const one of this.#waiting) if (one.due < due) due = one.due
    return due as Instant
  }

  #pause(now: Instant, waiting: Waiting): void {
    waiting.due = later(now, waiting.pause_us * 1000)
    const seconds = (waiting.pause_us / 1e6).toFixed(2)
    this.#note(now, `${waiting.what}: Temporary failure in name resolution. Trying again in ${seconds} seconds...`)
  }
}
