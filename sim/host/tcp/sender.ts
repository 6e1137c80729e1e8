/** The sending half: what may be sent, what is sent again and when, and how the window follows (RFC 9293, 5681, 6298, 6582, 6675). */
import { type Instant, later, NEVER } from '../../../impl/box.ts'
import { type Congestion, congestionOf, INITIAL_WINDOW } from './congestion.ts'
import { MtuSearch } from './probing.ts'
import { RoundTrip } from './roundtrip.ts'
import { Scoreboard, type Sent } from './scoreboard.ts'
import type { TcpSettings } from './settings.ts'

/** net.ipv4.tcp_retries2: after so many timeouts in a row the other side is given up. */
const MOST_TIMEOUTS = 15
/** Before a probe (RFC 4821) enough must be at hand to be sent behind it. */
const PROBE_WINDOW = 11

export type SentWhy = 'new' | 'lost' | 'timeout' | 'mtu probe'

/** What the sender needs of the connection it is half of. */
export interface Line {
  /** The most that the path takes, as far as the machine knows: bytes of the IP packet. */
  mtu(now: Instant): number
  /** Sends [from, to) of the stream. */
  transmit(now: Instant, from: number, to: number, why: SentWhy): void
  /** A segment without data from before the window, which the other side has to answer. */
  poke(now: Instant): void
}

export interface Limits {
  /** IP and TCP headers without options. */
  readonly header: number
  /** Options in every segment. */
  readonly options: number
  /** What the other side takes, options included. */
  readonly mss: number
  readonly sack: boolean
}

type Mode = 'open' | 'recovery' | 'loss'

export class Sender {
  readonly trip = new RoundTrip()
  readonly board = new Scoreboard()
  congestion: Congestion
  /** Acknowledged; sent; written by the program; all of these are places. */
  una = 1
  nxt = 1
  limit = 1
  /** The right edge that the other side offers. */
  edge = 0
  /** The program has written its last byte: the place behind the FIN. */
  fin: number | undefined
  /** When the other side must have answered. */
  due: Instant = NEVER
  mss = 536
  timeouts = 0
  resent = 0
  /** Waits for a window that is closed. */
  persisting = false
  readonly #line: Line
  #limits: Limits = { header: 40, options: 0, mss: 536, sack: false }
  #search: MtuSearch
  #mode: Mode = 'open'
  /** What was sent when the trouble began: with that acknowledged it is over. */
  #recover = 0
  #limited = false
  #failures = 0
  /** Pokes at a closed window in a row. */
  #unanswered = 0
  /** When the first of the timeouts in a row was. */
  #firstTimeout: Instant = NEVER
  #lastSent: Instant
  #path = 0
  readonly #probing: TcpSettings['mtuProbing']

  constructor(now: Instant, line: Line, settings: TcpSettings) {
    this.#line = line
    this.#lastSent = now
    this.#probing = settings.mtuProbing
    this.#search = new MtuSearch(0, 40, 536)
    this.congestion = congestionOf(settings.congestion, INITIAL_WINDOW)
  }

  /** The handshake is over: both sides have said what they take. `rtt_ns`: undefined when the SYN was sent more than once. */
  begin(now: Instant, limits: Limits, rtt_ns: number | undefined, synTimeouts: number): void {
    this.#limits = limits
    this.#path = 0
    this.#search = new MtuSearch(this.#probing, limits.header, limits.mss)
    if (rtt_ns !== undefined) this.trip.sample(rtt_ns)
    // RFC 5681 §3.1: a SYN that was lost leaves a window of one.
    if (synTimeouts > 1) this.congestion = congestionOf(this.congestion.name, 1)
    this.#sync(now)
  }

  /** Other settings than before, while nothing was sent. */
  adopt({ congestion, mtuProbing }: TcpSettings): void {
    if (congestion !== this.congestion.name) this.congestion = congestionOf(congestion, this.congestion.window)
    this.#search = new MtuSearch(mtuProbing, this.#limits.header, this.#limits.mss)
    this.#path = 0
  }

  get done(): boolean {
    return this.fin !== undefined && this.una >= this.fin
  }

  /** An acknowledgement. `place` is between una and nxt. `plain`: without data, and the window did not change. */
  acknowledged(now: Instant, place: number, blocks: readonly number[], plain: boolean): void {
    const outstanding = this.board.count
    this.#unanswered = 0
    let news = 0
    let rtt = -1
    const settle = (segment: Sent): void => {
      if (!segment.arrived) news++
      if (segment.times === 1 && rtt < 0 && !segment.arrived) rtt = now - segment.sentAt
    }
    const before = this.una
    if (place > before) {
      this.board.acknowledge(place, settle)
      this.una = place
      this.#failures = 0
      this.#firstTimeout = NEVER
      this.trip.progressed()
      if (this.#search.arrived(place)) this.#sync(now)
    }
    for (let i = 0; i + 1 < blocks.length; i += 2) {
      if (blocks[i]! >= this.una && blocks[i + 1]! <= this.nxt) this.board.arrive(blocks[i]!, blocks[i + 1]!, settle)
    }
    if (rtt >= 0) this.trip.sample(rtt)
    const wasLimited = this.#limited || this.congestion.window < 2 * outstanding
    if (place > before) {
      this.#advance(now, news, wasLimited)
      this.due = this.board.count === 0 ? NEVER : later(now, this.trip.rto_ns)
    }
    if (this.#limits.sack) {
      if (this.board.findLost()) this.#lose(now)
    } else if (place === before && plain && outstanding > 0) {
      if (this.board.guess() && this.#mode === 'open') this.#lose(now)
    }
  }

  /** Everything that may be sent now. */
  send(now: Instant): void {
    this.#sync(now)
    if (this.board.count === 0 && now - this.#lastSent > this.trip.rto_ns && this.nxt < this.limit) {
      this.congestion.restart()
    }
    for (;;) {
      this.#limited = this.board.pipe >= this.congestion.window
      if (this.#limited) break
      const lost = this.board.nextLost()
      if (lost !== undefined) this.#resend(now, lost, this.#mode === 'loss' ? 'timeout' : 'lost')
      else if (!this.#sendNew(now)) break
    }
    const stuck = this.board.count === 0 && this.nxt < this.#target()
    if (stuck && !this.persisting) {
      this.persisting = true
      this.due = later(now, this.trip.rto_ns)
    } else if (!stuck && this.persisting) {
      this.persisting = false
      this.trip.progressed()
      this.due = this.board.count === 0 ? NEVER : later(now, this.trip.rto_ns)
    }
  }

  /** The congestion window is told to the other side (RFC 3168 §6.1.2): once a window. True: it was. */
  marked(now: Instant): boolean {
    if (this.#mode !== 'open' || this.una <= this.#recover) return false
    this.#recover = this.nxt
    this.congestion.reduce(now)
    return true
  }

  /** False: the other side is given up. */
  timeout(now: Instant): boolean {
    if (this.persisting) {
      if (++this.#unanswered > MOST_TIMEOUTS) return false
      this.trip.backOff()
      this.due = later(now, this.trip.rto_ns)
      this.#line.poke(now)
      return true
    }
    if (++this.#failures > MOST_TIMEOUTS) return false
    this.timeouts++
    if (this.#firstTimeout === NEVER) this.#firstTimeout = now
    this.#search.timedOut(now - this.#firstTimeout)
    this.#sync(now)
    this.congestion.collapse(now, this.#mode !== 'loss' || this.una > this.#recover)
    this.#mode = 'loss'
    this.#recover = this.nxt
    this.board.loseAll()
    this.trip.backOff()
    const first = this.board.nextLost()
    if (first !== undefined) this.#resend(now, first, 'timeout')
    this.due = later(now, this.trip.rto_ns)
    return true
  }

  /** A router said that the path takes less: what is too large is sent again in smaller pieces. No sign of congestion. */
  narrowed(now: Instant): void {
    const before = this.mss
    this.#sync(now)
    if (this.mss >= before || !this.board.loseLarger(this.mss)) return
    if (this.#mode === 'open') {
      this.#mode = 'recovery'
      this.#recover = this.nxt
    }
    this.send(now)
  }

  #advance(now: Instant, news: number, wasLimited: boolean): void {
    if (this.#mode !== 'open' && this.una >= this.#recover) {
      this.#mode = 'open'
      this.board.forgetGuesses()
    }
    if (this.#mode === 'recovery') {
      // RFC 6582: a part was acknowledged, so the next one is lost too.
      if (!this.#limits.sack) {
        this.board.unguess(news - 1)
        this.board.loseFirst()
      }
      return
    }
    if (wasLimited && news > 0) this.congestion.acknowledged(now, news, this.trip.smoothed_ns)
  }

  #lose(now: Instant): void {
    const first = this.board.nextLost() ?? this.board.first
    if (this.#mode !== 'open') return
    if (first !== undefined && this.#search.lost(first.from, first.to)) {
      this.board.loseFirst()
      this.#sync(now)
      return
    }
    this.#mode = 'recovery'
    this.#recover = this.nxt
    this.congestion.reduce(now)
    if (!this.#limits.sack) this.board.loseFirst()
    const lost = this.board.nextLost()
    // The first one does not wait for room (RFC 6675 §5 (4.3)).
    if (lost !== undefined) this.#resend(now, lost, 'lost')
    this.due = later(now, this.trip.rto_ns)
  }

  #resend(now: Instant, segment: Sent, why: SentWhy): void {
    this.board.again(segment, this.mss, now, this.nxt)
    this.resent++
    this.#transmit(now, segment.from, segment.to, why)
  }

  /** False: there is nothing, or no room for it. */
  #sendNew(now: Instant): boolean {
    const target = this.#target()
    const room = Math.min(this.limit, this.edge) - this.nxt
    if (this.nxt >= target) return false
    const probe = this.#probeSize(now)
    const size = probe ?? Math.min(this.mss, room)
    if (room <= 0 && this.limit > this.nxt) return false
    // Small pieces wait until the window opens, unless they are the last (RFC 9293 §3.8.6.2.1).
    if (size < this.mss && this.nxt + size < this.limit && this.board.count > 0) return false
    let to = this.nxt + Math.max(0, size)
    if (this.fin !== undefined && to === this.limit) to = this.fin
    this.board.push(this.nxt, to, now)
    const from = this.nxt
    this.nxt = to
    if (probe !== undefined) this.#search.sent(to, probe + this.#limits.header + this.#limits.options)
    this.#transmit(now, from, to, probe === undefined ? 'new' : 'mtu probe')
    return true
  }

  /** The data of a larger segment than usual, when it is time to try one. */
  #probeSize(now: Instant): number | undefined {
    if (this.#mode !== 'open' || this.congestion.window < PROBE_WINDOW || this.board.lost > 0) return undefined
    const packet = this.#search.next(this.#line.mtu(now))
    if (packet === undefined) return undefined
    const size = packet - this.#limits.header - this.#limits.options
    const room = Math.min(this.limit, this.edge) - this.nxt
    return size > this.mss && room >= size + 4 * this.mss ? size : undefined
  }

  #target(): number {
    return this.fin ?? this.limit
  }

  #transmit(now: Instant, from: number, to: number, why: SentWhy): void {
    this.#lastSent = now
    if (this.due === NEVER || this.persisting) {
      if (this.persisting) this.trip.progressed()
      this.persisting = false
      this.due = later(now, this.trip.rto_ns)
    }
    this.#line.transmit(now, from, to, why)
  }

  /** The segment size that route, ICMP, the other side and the search allow. */
  #sync(now: Instant): void {
    const mtu = this.#line.mtu(now)
    const limit = this.#search.limit
    const path = limit === undefined || limit > mtu ? mtu : limit
    if (path === this.#path) return
    this.#path = path
    const { header, options, mss } = this.#limits
    this.mss = Math.max(8, Math.min(path - header, mss) - options)
  }
}
