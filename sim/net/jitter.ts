/**
 * How much longer (or shorter) than its delay a packet is on its way. Distributions are tables of quantiles between which
 * a 32-bit draw is interpolated, all in integers, as Linux netem does; so every engine has the same nanoseconds.
 */
import type { Random } from '../../impl/box.ts'
import { durationNs } from '../../scenarios/language/quantity.ts'
import type { Link } from '../../scenarios/language/topology.ts'
import { squareRoot } from './codel.ts'
import { drawUpTo } from './faults.ts'
import { NORMAL_UPPER } from './normal-table.ts'

/** What a standard deviation is in the tables. */
const SIGMA = 8192
/** Quantiles of a table: one more than its cells. */
const CELLS = 1024
const TWO_16 = 0x1_0000
const TWO_32 = 0x1_0000_0000

type Shape = 'normal' | 'pareto' | 'paretonormal'

/** What of a link says how delays are spread. */
export type JitterOptions = Pick<Link, 'jitter' | 'distribution' | 'jitter_correlation'>

export class Jitter {
  readonly #random: Random
  /** Its own stream, for draws that resemble each other. */
  readonly #chain: Chain
  #jitter_ns = 0
  #table: readonly number[] | undefined
  #samples: readonly number[] | undefined
  #inTurn = false
  #next = 0

  constructor(random: Random) {
    this.#random = random
    this.#chain = new Chain(random)
  }

  set(options: JitterOptions): void {
    const { jitter = '0ms', distribution = 'uniform' } = options
    this.#jitter_ns = durationNs(jitter)
    this.#chain.set(options.jitter_correlation ?? 0)
    const samples = typeof distribution === 'object' ? distribution : undefined
    this.#samples = samples?.samples.map(durationNs)
    this.#inTurn = samples?.order === 'given'
    this.#table = typeof distribution === 'object' || distribution === 'uniform' ? undefined : tableOf(distribution)
  }

  /** Whether it draws at all. */
  get isOn(): boolean {
    return this.#jitter_ns > 0 || this.#samples !== undefined
  }

  /** Nanoseconds; may be negative. */
  draw(): number {
    if (this.#samples !== undefined) return this.#sample(this.#samples)
    if (this.#jitter_ns === 0) return 0
    if (this.#table !== undefined) return scaled(this.#jitter_ns, quantile(this.#table, this.#chain.draw()))
    if (!this.#chain.isOn) return drawUpTo(this.#random, this.#jitter_ns)
    return Number((BigInt(this.#chain.draw()) * BigInt(this.#jitter_ns + 1)) >> 32n)
  }

  #sample(samples: readonly number[]): number {
    const at = this.#inTurn ? this.#next++ % samples.length : this.#random.below(samples.length)
    return samples[at] ?? 0
  }
}

/** 32-bit words, each a mean of a new one and the one before (netem's get_crandom). */
export class Chain {
  readonly #random: Random
  /** In 65536ths. */
  #rho = 0
  #last = 0

  constructor(random: Random) {
    this.#random = random
  }

  set(correlation: number): void {
    this.#rho = Math.round(correlation * TWO_16)
  }

  get isOn(): boolean {
    return this.#rho > 0
  }

  draw(): number {
    const word = this.#random.below(TWO_32)
    // Below 2^49: exact.
    this.#last = this.#rho === 0 ? word : Math.floor((word * (TWO_16 - this.#rho) + this.#last * this.#rho) / TWO_16)
    return this.#last
  }
}

/** The value of a table at a draw of 32 bits: ten say which cell, sixteen where in it. */
export function quantile(table: readonly number[], draw: number): number {
  const cell = draw >>> 22
  const low = table[cell] ?? 0
  const high = table[cell + 1] ?? low
  return low + Math.floor(((high - low) * ((draw >>> 6) & 0xffff)) / TWO_16)
}

function scaled(sigma_ns: number, value: number): number {
  // A value is below 2^18.
  if (sigma_ns < 2 ** 35) return Math.floor((sigma_ns * value) / SIGMA)
  return Number((BigInt(sigma_ns) * BigInt(value)) / BigInt(SIGMA))
}

const TABLES = new Map<Shape, readonly number[]>()

/** 1025 quantiles with mean 0 and standard deviation 8192. */
export function tableOf(shape: Shape): readonly number[] {
  const known = TABLES.get(shape)
  if (known !== undefined) return known
  const table = shape === 'normal' ? normal() : shape === 'pareto' ? pareto() : paretoNormal()
  TABLES.set(shape, table)
  return table
}

function normal(): number[] {
  const upper = NORMAL_UPPER.trim().split(/\s+/).map(Number)
  return [
    ...upper
      .slice(1)
      .reverse()
      .map(value => -value),
    ...upper,
  ]
}

/** Shape 3, as in iproute2: its mean is 3/2 and its variance 3/4 of its smallest value's. */
function pareto(): number[] {
  // The cube root of 1 / (1 - p) in 2^20ths; the last one, which would be infinite, stands for p = 1 - 1/4096.
  const fine = 1n << 20n
  const root = (left: bigint): number => Number(cubeRoot((BigInt(4 * CELLS) * fine ** 3n) / left))
  const sigma = Number(squareRoot((3n * fine * fine) / 4n))
  return Array.from({ length: CELLS + 1 }, (_, i) => {
    const value = root(i === CELLS ? 1n : BigInt(4 * (CELLS - i)))
    return Math.floor(((value - 1.5 * Number(fine)) * SIGMA) / sigma)
  })
}

/** A quarter normal and three quarters Pareto, quantile by quantile, as in iproute2. */
function paretoNormal(): number[] {
  const heavy = tableOf('pareto')
  return tableOf('normal').map((value, i) => Math.floor((value + 3 * (heavy[i] ?? 0)) / 4))
}

/** The integer cube root, rounded down. */
function cubeRoot(value: bigint): bigint {
  let low = 0n
  let high = 1n << BigInt(Math.ceil(value.toString(2).length / 3))
  while (low < high) {
    const middle = (low + high + 1n) >> 1n
    if (middle * middle * middle <= value) low = middle
    else high = middle - 1n
  }
  return low
}
