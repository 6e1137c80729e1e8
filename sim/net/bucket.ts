/** A token bucket: so many bytes at once after a pause, and a rate in the long run. Integers of virtual time. */

export class Bucket {
  #rate = 1
  #burst = 0
  #depth_ns = 0
  /** When the bucket would have been empty, had it filled ever since. May lie before the start of the run. */
  #empty: number | undefined

  /** Bits per second and bytes. The first time it is full; later it keeps what it holds, as far as there is room. */
  set(now: number, rate: number, burst: number): void {
    const depth_ns = Number((BigInt(burst) * 8_000_000_000n) / BigInt(rate))
    if (this.#empty === undefined) this.#empty = now - depth_ns
    else if (rate !== this.#rate || burst !== this.#burst) {
      const age = Math.min(now - this.#empty, this.#depth_ns)
      const kept = Number((BigInt(age) * BigInt(this.#rate)) / BigInt(rate))
      this.#empty = now - Math.min(kept, depth_ns)
    }
    this.#rate = rate
    this.#burst = burst
    this.#depth_ns = depth_ns
  }

  /** When there are tokens for so many bytes; a packet larger than the bucket waits until it is full. Not before `now`. */
  readyAt(now: number, bytes: number): number {
    return Math.max(now, (this.#empty ?? now) + Math.min(this.#cost(bytes), this.#depth_ns))
  }

  /** Whether so many bytes would pass at once. One that is larger than the bucket never does. */
  has(now: number, bytes: number): boolean {
    return bytes <= this.#burst && this.readyAt(now, bytes) <= now
  }

  take(now: number, bytes: number): void {
    this.#empty = Math.max(this.#empty ?? now, now - this.#depth_ns) + this.#cost(bytes)
  }

  /** Nanoseconds that the rate takes for so many bytes, rounded up. */
  #cost(bytes: number): number {
    return Math.ceil((bytes * 8e9) / this.#rate)
  }
}
