/** How late the Linux kernel's timers are (kernel/time/timer.c): its wheel has levels, the further away the coarser. */
import { type Instant, later } from './box.ts'

/** LVL_BITS: slots of a level. */
const SLOTS = 64
/** LVL_CLK_SHIFT: how much coarser each level is than the one below. */
const COARSER = 8
/** LVL_DEPTH for HZ > 100. The last level takes whatever is further away. */
const LEVELS = 9

/**
 * When a timer fires that is set at `now` for `delay_ns` later, on a wheel that moves every `jiffy_ns`: never early, and
 * late by at most a step of its level. At HZ=250 (4 ms): 4 ms below 252 ms, 32 ms below 2.016 s, 256 ms below 16.128 s,
 * 2.048 s below 129.024 s, 16.384 s below 1032.192 s, and so on. The wheel began to turn `start_ns` before instant 0.
 */
export function wheelDue(now: Instant, delay_ns: number, jiffy_ns: number, start_ns = 0): Instant {
  const clock = Math.floor((now + start_ns) / jiffy_ns)
  const delay = Math.ceil(delay_ns / jiffy_ns)
  const step = stepOf(delay)
  const due = (Math.floor((clock + delay) / step) + 1) * step
  return later(now, due * jiffy_ns - start_ns - now)
}

/** In jiffies: the step of the first level that reaches so far. */
function stepOf(delay: number): number {
  let step = 1
  for (let level = 1; level < LEVELS && delay >= (SLOTS - 1) * step; level++) step *= COARSER
  return step
}
