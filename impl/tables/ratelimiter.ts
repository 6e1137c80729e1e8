/** How many handshake messages one source may send while we are under load (behaviour 37): the kernel's ratelimiter.c. */
import { type Address, type Instant, NS_PER_S } from '../box.ts'

const PACKETS_PER_SECOND = 20
const PACKETS_BURSTABLE = 5
/** Tokens are nanoseconds. */
const PACKET_COST = NS_PER_S / PACKETS_PER_SECOND
const TOKEN_MAX = PACKET_COST * PACKETS_BURSTABLE
/** A source this long silent is forgotten. Its bucket has been full for 750 ms by then, so nobody can tell. */
const IDLE_NS = NS_PER_S
/** The kernel's table on a machine with more than a gigabyte; a new source that finds it full is refused. */
const MAX_ENTRIES = 65_536

interface Bucket {
  tokens: number
  last: number
}

export class RateLimiter {
  // A source moves to the end each time it is heard: the longest silent stands first.
  readonly #buckets = new Map<number | string, Bucket>()

  /** How many sources are remembered. */
  get size(): number {
    return this.#buckets.size
  }

  /** Takes a token from the bucket of an IPv4 address, or of an IPv6 address's /64. `now` must not go back. */
  allow(now: Instant, from: Address): boolean {
    this.#forgetIdle(now)
    const key = sourceKey(from)
    if (key === undefined) return false
    const bucket = this.#buckets.get(key)
    if (bucket === undefined) {
      if (this.#buckets.size >= MAX_ENTRIES) return false
      this.#buckets.set(key, { tokens: TOKEN_MAX - PACKET_COST, last: now })
      return true
    }
    this.#buckets.delete(key)
    this.#buckets.set(key, bucket)
    const tokens = Math.min(TOKEN_MAX, bucket.tokens + now - bucket.last)
    bucket.last = now
    const allowed = tokens >= PACKET_COST
    bucket.tokens = allowed ? tokens - PACKET_COST : tokens
    return allowed
  }

  /** Idle sources may be forgotten: their buckets are full. */
  rebase(by_ns: number): void {
    for (const [key, bucket] of this.#buckets) {
      if (bucket.last < by_ns) this.#buckets.delete(key)
      else bucket.last -= by_ns
    }
  }

  /** At most two a call: one is added a call at most, so the table shrinks whenever something in it is idle. */
  #forgetIdle(now: Instant): void {
    let left = 2
    for (const [key, bucket] of this.#buckets) {
      if (left-- === 0 || now - bucket.last <= IDLE_NS) return
      this.#buckets.delete(key)
    }
  }
}

/** Undefined for what is no address: the packet path is no place to throw. */
function sourceKey(address: Address): number | string | undefined {
  const view = new DataView(address.buffer, address.byteOffset, address.length)
  if (address.length === 4) return view.getUint32(0)
  return address.length === 16 ? `${view.getUint32(0)}:${view.getUint32(4)}` : undefined
}
