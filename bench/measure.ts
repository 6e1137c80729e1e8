/** Two things measured in turn, in one run, by the CPU time they take: other programs on the machine do not count. */

export interface Contest {
  readonly name: string
  readonly unit: string
  /** Does about this much work of ours and returns how many units it was. */
  readonly ours: (budget_ms: number) => number
  readonly boundName: string
  readonly bound: (budget_ms: number) => number
  /** The design's target for ours / bound; undefined where it sets none. */
  readonly target: number | undefined
}

export interface Result {
  readonly name: string
  readonly unit: string
  /** Units per second of CPU time: what one core does that has nothing else to do. */
  readonly ours_per_core_s: number
  readonly bound_name: string
  readonly bound_per_core_s: number
  /** Median of the ratios of the rounds: the two halves of a round share the machine's mood. */
  readonly ratio: number
  readonly ratio_min: number
  readonly ratio_max: number
  readonly target: number | null
}

/** Runs both sides in turn, `rounds` times for `seconds` each, after one round that is thrown away: the compiler's. */
export function measure(contest: Contest, seconds: number, rounds: number): Result {
  const budget_ms = seconds * 1000
  rateOf(contest.ours, budget_ms)
  rateOf(contest.bound, budget_ms)
  const pairs = Array.from({ length: rounds }, () => ({
    ours: rateOf(contest.ours, budget_ms),
    bound: rateOf(contest.bound, budget_ms),
  }))
  const ratios = pairs.map(pair => pair.ours / pair.bound).sort((a, b) => a - b)
  return {
    name: contest.name,
    unit: contest.unit,
    ours_per_core_s: median(pairs.map(pair => pair.ours)),
    bound_name: contest.boundName,
    bound_per_core_s: median(pairs.map(pair => pair.bound)),
    ratio: median(ratios),
    ratio_min: ratios[0] ?? 0,
    ratio_max: ratios.at(-1) ?? 0,
    target: contest.target ?? null,
  }
}

/** Repeats `once` until the time is up; returns the sum of what it says it did. */
export function repeat(budget_ms: number, once: () => number): number {
  const until = performance.now() + budget_ms
  let total = 0
  do total += once()
  while (performance.now() < until)
  return total
}

/** CPU seconds of this process so far: all of its threads, the compiler's and the collector's too. */
export function cpuSeconds(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2
}

function rateOf(run: (budget_ms: number) => number, budget_ms: number): number {
  const started = cpuSeconds()
  const done = run(budget_ms)
  return done / (cpuSeconds() - started)
}
