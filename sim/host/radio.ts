/**
 * A radio that dozes (802.11 power save): the network keeps what comes in until the next beacon; what goes out wakes it, and
 * it stays awake for a while after it sent or heard something. Beacons are at the multiples of their interval.
 */
import { type Instant, instant, NEVER } from '../../impl/box.ts'
import { durationNs } from '../../scenarios/language/quantity.ts'
import type { Radio as RadioSpec } from '../../scenarios/language/topology.ts'
import type { Packet } from '../node.ts'

/** 100 time units of 1024 µs: the beacon interval of most access points (IEEE 802.11 dot11BeaconPeriod). */
const BEACON_NS = 102_400_000
const AWAKE_NS = 100_000_000
const BUFFER = 64

export class Radio {
  readonly #beacon_ns: number
  readonly #awake_ns: number
  readonly #buffer: number
  #awakeUntil = 0
  #kept: Packet[] = []

  constructor(spec: RadioSpec) {
    this.#beacon_ns = spec.beacon === undefined ? BEACON_NS : durationNs(spec.beacon)
    this.#awake_ns = spec.awake === undefined ? AWAKE_NS : durationNs(spec.awake)
    this.#buffer = spec.buffer ?? BUFFER
  }

  /** A packet comes: now: it is heard. later: at the next beacon. lost: there is no room for it. */
  arrive(now: Instant, packet: Packet): 'now' | 'later' | 'lost' {
    if (now < this.#awakeUntil && this.#kept.length === 0) {
      this.used(now)
      return 'now'
    }
    if (this.#kept.length >= this.#buffer) return 'lost'
    this.#kept.push(packet)
    return 'later'
  }

  /** It sends or hears something. */
  used(now: Instant): void {
    this.#awakeUntil = now + this.#awake_ns
  }

  /** When it next fetches what was kept; NEVER: nothing was. */
  due(now: Instant): Instant {
    if (this.#kept.length === 0) return NEVER
    if (now < this.#awakeUntil) return now
    return instant(Math.ceil(now / this.#beacon_ns) * this.#beacon_ns)
  }

  /** Fetches what was kept. */
  take(now: Instant): readonly Packet[] {
    const kept = this.#kept
    this.#kept = []
    if (kept.length > 0) this.used(now)
    return kept
  }

  kept(): readonly Packet[] {
    return this.#kept
  }
}
