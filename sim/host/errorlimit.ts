/**
 * How often errors are told. One address: once a second, six in a row (Linux: icmp_ratelimit, XRLIM_BURST_FACTOR). All
 * together: icmp_msgs_per_sec and icmp_msgs_burst of Linux 6.1, 1000 and 50, credited in steps of 20 ms; the random part
 * with which Linux hides the count (since 5.10) is left out: it spends one on average. "Too big" is never limited.
 */
import { type Address, type Instant, NS_PER_S } from '../../impl/box.ts'
import { formatAddress } from '../../impl/ip/address.ts'

const COST_NS = NS_PER_S
const BURST = 6
const PER_SECOND = 1000
const ALL_BURST = 50
/** icmp_global_allow: credit is not counted more often than this. */
const LEAST_STEP_NS = NS_PER_S / 50
/** Sources that are forgotten lose nothing but a little patience. */
const MAX_SOURCES = 4096

export class ErrorLimit {
  readonly #sources = new Map<string, { tokens_ns: number; last: Instant }>()
  #credit = ALL_BURST
  #credited = 0

  allow(now: Instant, to: Address): boolean {
    return this.#allowAll(now) && this.#allowOne(now, to)
  }

  #allowAll(now: Instant): boolean {
    const elapsed = Math.min(now - this.#credited, NS_PER_S)
    if (elapsed >= LEAST_STEP_NS) {
      const earned = Math.floor((elapsed * PER_SECOND) / NS_PER_S)
      this.#credit = Math.min(ALL_BURST, this.#credit + earned)
      this.#credited = now
    }
    if (this.#credit === 0) return false
    this.#credit--
    return true
  }

  #allowOne(now: Instant, to: Address): boolean {
    const key = formatAddress(to)
    let source = this.#sources.get(key)
    if (source === undefined) {
      if (this.#sources.size >= MAX_SOURCES) this.#sources.clear()
      source = { tokens_ns: BURST * COST_NS, last: now }
      this.#sources.set(key, source)
    }
    source.tokens_ns = Math.min(BURST * COST_NS, source.tokens_ns + (now - source.last))
    source.last = now
    if (source.tokens_ns < COST_NS) return false
    source.tokens_ns -= COST_NS
    return true
  }
}
