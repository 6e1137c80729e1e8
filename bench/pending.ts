/** What one event costs with so many others pending: the queue of deadlines alone, and the whole loop with machines that wait. */
import { type Instant, instant } from '../impl/box.ts'
import { Deadlines } from '../sim/deadlines.ts'
import { Loop } from '../sim/loop.ts'
import type { Node } from '../sim/node.ts'
import { cpuSeconds, median } from './measure.ts'

export const PENDING = [100, 10_000, 100_000] as const
const EVENTS = 400_000

export interface PendingResult {
  readonly pending: number
  /** Nanoseconds of CPU time for one event. */
  readonly queue_ns: number
  readonly loop_ns: number
}

/** Medians of so many rounds; the sizes take turns, so that a mood of the machine meets all of them. */
export function measurePending(rounds: number): PendingResult[] {
  const sides = PENDING.map(pending => ({
    pending,
    queue: queueOf(pending),
    loop: loopOf(pending),
    q: [] as number[],
    l: [] as number[],
  }))
  for (let round = 0; round <= rounds; round++) {
    for (const side of sides) {
      const queue = timed(side.queue)
      const loop = timed(side.loop)
      // The first round is the compiler's.
      if (round === 0) continue
      side.q.push(queue)
      side.l.push(loop)
    }
  }
  return sides.map(({ pending, q, l }) => ({ pending, queue_ns: median(q), loop_ns: median(l) }))
}

export function pendingLine({ pending, queue_ns, loop_ns }: PendingResult, first: PendingResult): string {
  const times = (value: number, base: number) => `${value.toFixed(0)} ns (${(value / base).toFixed(1)} ×)`
  const name = `${pending.toLocaleString('en')} pending`.padEnd(24)
  return `${name} queue alone ${times(queue_ns, first.queue_ns).padEnd(18)} whole loop ${times(loop_ns, first.loop_ns)}`
}

/** Built once: to fill it is not what is measured. A turn is one deadline moved. */
function queueOf(pending: number): () => void {
  const queue = new Deadlines()
  const slots = Array.from({ length: pending }, (_, n) => queue.add(0, `cable ${n}`))
  for (const slot of slots) queue.set(slot, instant(slot))
  return () => {
    for (let i = 0; i < EVENTS; i++) {
      const slot = queue.first()
      queue.set(slot, instant(queue.time(slot) + step(slot, pending)))
    }
  }
}

/** Machines that only wait: each is called, says nothing, and waits again. */
function loopOf(pending: number): () => void {
  const nothing = () => {}
  const loop = new Loop({ sent: nothing, arrived: nothing, unplugged: nothing, output: nothing })
  const count = { left: 0 }
  for (let n = 0; n < pending; n++) loop.addMachine(`m${n}`, new Waiter(instant(n + 1), step(n, pending), count))
  const mean = pending * (500 + 977 / 2)
  return () => {
    count.left = EVENTS
    while (count.left > 0) loop.run((loop.now + Math.max(1, Math.ceil((count.left * mean) / pending))) as Instant)
  }
}

class Waiter implements Node {
  #due: Instant
  readonly #step: number
  readonly #count: { left: number }

  constructor(due: Instant, every: number, count: { left: number }) {
    this.#due = due
    this.#step = every
    this.#count = count
  }

  handleInput(): void {}

  handleTimeout(now: Instant): void {
    this.#due = instant(now + this.#step)
    this.#count.left--
  }

  pollOutput(): undefined {}

  pollTimeout(): Instant {
    return this.#due
  }

  timeoutReason(): string {
    return 'waits'
  }
}

/** Uneven steps, so that the order keeps changing. */
function step(n: number, pending: number): number {
  return pending * (500 + ((n * 7919) % 977))
}

/** Nanoseconds of CPU time for one event. */
function timed(run: () => void): number {
  const started = cpuSeconds()
  run()
  return ((cpuSeconds() - started) * 1e9) / EVENTS
}
