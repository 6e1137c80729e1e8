/** `npm run bench -- sim`: packet hops of the simulator beside ns-3, and what an event costs with many pending. */
import { loadavg } from 'node:os'
import { cpuSeconds, median } from './measure.ts'
import { findNs3, type Ns3 } from './ns3.ts'
import { measurePending, pendingLine } from './pending.ts'
import { natted } from './scenarios.ts'
import { simulate } from './simulate.ts'

/** Each runs the same number of packets, four hops each. */
const PACKETS = 80_000
const TARGET = 6

interface HopsResult {
  readonly packets: number
  readonly hops: number
  readonly ours_per_core_s: number
  /** null: no ns-3. */
  readonly ns3: null | {
    readonly version: string
    readonly traced_per_core_s: number
    readonly silent_per_core_s: number
    /** Medians of the rounds: ours (trace on) over ns-3 with its ASCII trace, and over ns-3 that writes nothing. */
    readonly ratio_traced: number
    readonly ratio_silent: number
  }
}

/** Prints as it goes; returns the exit status. */
export function simBench(options: { readonly rounds: number; readonly json: boolean }): number {
  const { rounds, json } = options
  const print = (text: string): void => {
    if (!json) console.log(text)
  }
  const pending = measurePending(rounds)
  for (const each of pending) print(pendingLine(each, pending[0] ?? each))
  const ns3 = findNs3()
  if (ns3.kind === 'missing') print(`ns-3: ${ns3.why}. Ours alone:`)
  const hops = measureHops(ns3, rounds)
  for (const line of hopsLines(hops)) print(line)
  const load = loadavg().map(each => each.toFixed(1))
  print(`\nNode ${process.version}, load ${load.join(' ')}, ${rounds} rounds in turn, medians, per second of CPU time.`)
  if (json) console.log(JSON.stringify({ node: process.version, load: loadavg(), hops, pending }, null, 2))
  return 0
}

function measureHops(ns3: Ns3, rounds: number): HopsResult {
  // The first run is the compiler's.
  simulate(natted(PACKETS))
  const ours: number[] = []
  const traced: number[] = []
  const silent: number[] = []
  let hops = 0
  for (let round = 0; round < rounds; round++) {
    const started = cpuSeconds()
    hops = simulate(natted(PACKETS)).hops
    ours.push(hops / (cpuSeconds() - started))
    if (ns3.kind === 'missing') continue
    for (const [trace, rates] of [
      [true, traced],
      [false, silent],
    ] as const) {
      const run = ns3.run(PACKETS, trace)
      if (run.delivered !== PACKETS) throw new Error(`ns-3 delivered ${run.delivered} of ${PACKETS} packets`)
      rates.push(run.hops / run.cpu_s)
    }
  }
  const own = median(ours)
  if (ns3.kind === 'missing') return { packets: PACKETS, hops, ours_per_core_s: own, ns3: null }
  const ratio = (rates: number[]) => median(rates.map((rate, round) => (ours[round] ?? own) / rate))
  const found = { version: ns3.version, traced_per_core_s: median(traced), silent_per_core_s: median(silent) }
  const ratios = { ratio_traced: ratio(traced), ratio_silent: ratio(silent) }
  return { packets: PACKETS, hops, ours_per_core_s: own, ns3: { ...found, ...ratios } }
}

function hopsLines({ ours_per_core_s: ours, ns3 }: HopsResult): string[] {
  const rate = (value: number) => `${Math.round(value / 1000).toLocaleString('en')} k hops/s`
  const name = (text: string) => text.padEnd(24)
  const lines = [`${name('ours')} ${rate(ours)}   NATs, queues, MTU, trace on`]
  if (ns3 === null) return lines
  const { ratio_traced: traced, ratio_silent: silent } = ns3
  const met = traced >= TARGET ? 'met' : 'missed'
  return [
    ...lines,
    `${name(`ns-3 ${ns3.version}, traced`)} ${rate(ns3.traced_per_core_s)}   ours / ns-3: ${traced.toFixed(1)} ×   target ${TARGET} ×: ${met}`,
    `${name(`ns-3 ${ns3.version}, silent`)} ${rate(ns3.silent_per_core_s)}   ours (traced) / ns-3: ${silent.toFixed(1)} ×`,
  ]
}
