/** The search for the size that a path takes when no ICMP tells (RFC 4821), as Linux net.ipv4.tcp_mtu_probing does it. Sizes are of IP packets. */
import { NS_PER_S } from '../../../impl/box.ts'

/** 0: never. 1: when a black hole is suspected. 2: from the start. */
export type MtuProbing = 0 | 1 | 2

/** net.ipv4.tcp_base_mss, tcp_mtu_probe_floor and tcp_probe_threshold. */
const BASE_MSS = 1024
const FLOOR_MSS = 48
const THRESHOLD = 8
/** Three retransmissions by net.ipv4.tcp_retries1 take so long from the first on: (2^4 − 1) × 200 ms. */
const SUSPICIOUS_NS = 3 * NS_PER_S

export class MtuSearch {
  readonly #header: number
  readonly #mode: MtuProbing
  /** Known to pass, and the largest that is not known to fail. */
  #low: number
  #high: number
  #on: boolean
  /** Where the probe that is on its way ends, and its size. */
  #probe: { readonly end: number; readonly size: number } | undefined

  /** `header`: bytes of the IP and TCP headers without options. `mss`: the most that both sides take. */
  constructor(mode: MtuProbing, header: number, mss: number) {
    this.#mode = mode
    this.#header = header
    this.#on = mode === 2
    this.#low = Math.min(BASE_MSS, mss) + header
    this.#high = mss + header
  }

  /** The largest packet to send: undefined while nothing is suspected. */
  get limit(): number | undefined {
    return this.#on ? this.#low : undefined
  }

  /** A timeout, so long after the first retransmission: the size may be the reason. True: it goes down. */
  timedOut(since_ns: number): boolean {
    if (this.#mode === 0 || since_ns < SUSPICIOUS_NS) return false
    this.#probe = undefined
    if (!this.#on) {
      this.#on = true
      return true
    }
    const mss = Math.max(FLOOR_MSS, Math.min(BASE_MSS, (this.#low - this.#header) >>> 1))
    this.#low = mss + this.#header
    return true
  }

  /** The size of a packet to try: undefined when there is nothing to learn. `path`: what ICMP or the route allows. */
  next(path: number): number | undefined {
    if (!this.#on || this.#probe !== undefined) return undefined
    if (path < this.#high) this.#high = path
    if (this.#high - this.#low < THRESHOLD) return undefined
    return (this.#low + this.#high) >>> 1
  }

  sent(end: number, size: number): void {
    this.#probe = { end, size }
  }

  /** Everything before a place has arrived: perhaps the probe. True: larger packets may be sent. */
  arrived(place: number): boolean {
    if (this.#probe === undefined || this.#probe.end > place) return false
    if (this.#probe.size > this.#low) this.#low = this.#probe.size
    this.#probe = undefined
    return true
  }

  /** What begins before the probe's end is lost. True: it was the probe, and no sign of congestion. */
  lost(from: number, to: number): boolean {
    const probe = this.#probe
    if (probe === undefined || to !== probe.end || from >= probe.end) return false
    this.#high = Math.max(this.#low, probe.size - 1)
    this.#probe = undefined
    return true
  }
}
