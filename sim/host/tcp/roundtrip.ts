/** The retransmission timeout (RFC 6298), in whole nanoseconds, with the bounds of Linux. */
import { NS_PER_MS, NS_PER_S } from '../../../impl/box.ts'

/** Before the first sample (RFC 6298 §2.1). */
export const FIRST_RTO_NS = NS_PER_S
/** Linux TCP_RTO_MIN: what the variance adds at least, so that a delayed ACK is no timeout. RFC 6298 §2.4 asks for 1 s, and lets who knows better do so. */
export const LEAST_RTO_NS = 200 * NS_PER_MS
/** Linux TCP_RTO_MAX. */
export const MOST_RTO_NS = 120 * NS_PER_S

export class RoundTrip {
  /** Smoothed; 0 before the first sample. */
  smoothed_ns = 0
  variation_ns = 0
  least_ns = Number.MAX_SAFE_INTEGER
  #base_ns = FIRST_RTO_NS
  /** Timeouts in a row: each doubles the next. */
  #doubled = 0

  /** The timeout now, backed off. */
  get rto_ns(): number {
    let rto_ns = this.#base_ns
    for (let i = 0; i < this.#doubled && rto_ns < MOST_RTO_NS; i++) rto_ns *= 2
    return Math.min(rto_ns, MOST_RTO_NS)
  }

  /** Of a segment that was sent once (Karn). */
  sample(rtt_ns: number): void {
    if (this.smoothed_ns === 0) {
      this.smoothed_ns = Math.max(1, rtt_ns)
      this.variation_ns = Math.floor(rtt_ns / 2)
    } else {
      const off = rtt_ns > this.smoothed_ns ? rtt_ns - this.smoothed_ns : this.smoothed_ns - rtt_ns
      this.variation_ns = Math.floor((3 * this.variation_ns + off) / 4)
      this.smoothed_ns = Math.max(1, Math.floor((7 * this.smoothed_ns + rtt_ns) / 8))
    }
    if (rtt_ns < this.least_ns) this.least_ns = rtt_ns
    this.#base_ns = Math.min(this.smoothed_ns + Math.max(LEAST_RTO_NS, 4 * this.variation_ns), MOST_RTO_NS)
    this.#doubled = 0
  }

  /** A timeout (RFC 6298 §5.5). */
  backOff(): void {
    this.#doubled++
  }

  /** New data was acknowledged: what comes next has its full patience again. */
  progressed(): void {
    this.#doubled = 0
  }
}
