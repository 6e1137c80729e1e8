/** What is on its way and not yet acknowledged, in the order of the stream: which of it arrived, and which is lost (RFC 6675). */
import type { Instant } from '../../../impl/box.ts'

/** So many that came later make one lost (RFC 5681 §3.2). */
const LATER = 3

/** A segment that was sent; places of the stream, SYN and FIN count. */
export interface Sent {
  from: number
  to: number
  sentAt: Instant
  /** How often. */
  times: number
  /** It arrived, though something before it has not. */
  arrived: boolean
  lost: boolean
  /** Lost, and sent again. */
  again: boolean
  /** What was sent by then, when it was sent again. */
  horizon: number
}

export class Scoreboard {
  /** The first `#head` are done with. */
  #sent: Sent[] = []
  #head = 0
  #arrived = 0
  #lost = 0
  #again = 0
  /** Of a receiver that does not say what arrived: how many did, beyond the first gap. */
  #guessed = 0

  /** Segments that are not acknowledged. */
  get count(): number {
    return this.#sent.length - this.#head
  }

  get first(): Sent | undefined {
    return this.#sent[this.#head]
  }

  /** Segments that are on their way, as far as we know. */
  get pipe(): number {
    return this.count - this.#arrived - this.#guessed - this.#lost + this.#again
  }

  get lost(): number {
    return this.#lost
  }

  get guessed(): number {
    return this.#guessed
  }

  push(from: number, to: number, now: Instant): void {
    this.#sent.push({ from, to, sentAt: now, times: 1, arrived: false, lost: false, again: false, horizon: 0 })
  }

  /** Everything before a place has arrived. What is now done with, one after the other. */
  acknowledge(place: number, done: (segment: Sent) => void): void {
    const sent = this.#sent
    while (this.#head < sent.length && sent[this.#head]!.to <= place) {
      const segment = sent[this.#head++]!
      this.#uncount(segment)
      done(segment)
    }
    const first = sent[this.#head]
    if (first !== undefined && first.from < place) first.from = place
    if (this.#head >= 64 && this.#head * 2 >= sent.length) {
      this.#sent = sent.slice(this.#head)
      this.#head = 0
    }
    if (this.count === 0) this.#guessed = 0
  }

  /** A block has arrived. How many segments of it are news; `done` is told of each. */
  arrive(from: number, to: number, done: (segment: Sent) => void): number {
    let news = 0
    for (let i = this.#search(from); i < this.#sent.length; i++) {
      const segment = this.#sent[i]!
      if (segment.to > to) break
      if (segment.arrived) continue
      this.#uncount(segment)
      segment.arrived = true
      segment.lost = false
      segment.again = false
      this.#arrived++
      news++
      done(segment)
    }
    return news
  }

  /** Three that were sent later have arrived: it is lost; sent again, it is lost again when three sent after that arrived. True when something is lost that was not. */
  findLost(): boolean {
    if (this.#arrived === 0) return false
    let later = 0
    let found = false
    // Ends of the latest three that arrived: what was sent again before them has had its chance.
    let third = 0
    for (let i = this.#sent.length - 1; i >= this.#head; i--) {
      const segment = this.#sent[i]!
      if (segment.arrived) {
        if (++later === LATER) third = segment.from
        continue
      }
      if (later < LATER) continue
      if (!segment.lost) {
        segment.lost = true
        this.#lost++
        found = true
      } else if (segment.again && third >= segment.horizon) {
        segment.again = false
        this.#again--
      }
    }
    return found
  }

  /** A receiver without SACK says the same thing again: one more has arrived. True: the first is lost by that. */
  guess(): boolean {
    if (this.#guessed < this.count - 1) this.#guessed++
    return this.#guessed >= LATER
  }

  /** A part of what it had was acknowledged: so many fewer are beyond the gap. */
  unguess(segments: number): void {
    this.#guessed = Math.max(0, this.#guessed - segments)
  }

  forgetGuesses(): void {
    this.#guessed = 0
  }

  loseFirst(): void {
    const first = this.first
    if (first === undefined || first.arrived) return
    if (!first.lost) {
      first.lost = true
      this.#lost++
    } else if (first.again) {
      first.again = false
      this.#again--
    }
  }

  /** A timeout: all that is not known to have arrived. */
  loseAll(): void {
    this.#guessed = 0
    this.#lose(() => true)
  }

  /** The path takes no more than so many bytes: what is larger never arrives. True: there was something. */
  loseLarger(size: number): boolean {
    return this.#lose(({ from, to }) => to - from > size)
  }

  #lose(which: (segment: Sent) => boolean): boolean {
    let found = false
    for (let i = this.#head; i < this.#sent.length; i++) {
      const segment = this.#sent[i]!
      if (segment.arrived || !which(segment)) continue
      found = true
      if (!segment.lost) {
        segment.lost = true
        this.#lost++
      }
      if (!segment.again) continue
      segment.again = false
      this.#again--
    }
    return found
  }

  /** The first that is lost and was not sent again. */
  nextLost(): Sent | undefined {
    if (this.#lost === this.#again) return undefined
    for (let i = this.#head; i < this.#sent.length; i++) {
      const segment = this.#sent[i]!
      if (segment.lost && !segment.again) return segment
    }
    return undefined
  }

  /** It is about to be sent again, in pieces of at most so many bytes: the first of them. `horizon`: all that was sent so far. */
  again(segment: Sent, most: number, now: Instant, horizon: number): void {
    if (segment.to - segment.from > most) {
      const rest = { ...segment, from: segment.from + most }
      segment.to = rest.from
      this.#sent.splice(this.#sent.indexOf(segment, this.#head) + 1, 0, rest)
      if (rest.lost) this.#lost++
      if (rest.again) this.#again++
    }
    segment.times++
    segment.sentAt = now
    segment.horizon = horizon
    if (!segment.lost || segment.again) return
    segment.again = true
    this.#again++
  }

  #uncount(segment: Sent): void {
    if (segment.arrived) this.#arrived--
    if (segment.lost) this.#lost--
    if (segment.again) this.#again--
  }

  /** The first segment that begins at a place or later. */
  #search(place: number): number {
    let low = this.#head
    let high = this.#sent.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#sent[middle]!.from < place) low = middle + 1
      else high = middle
    }
    return low
  }
}
