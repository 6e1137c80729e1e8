/**
 * `npm run bench -- tunnel`: real interfaces in namespaces, ours beside other userspace WireGuards in one run, in turn.
 * Needs root, /dev/net/tun, ip, wg, iperf3.
 */
import { spawnSync } from 'node:child_process'
import { loadavg } from 'node:os'
import { fileURLToPath } from 'node:url'
import { cacheFolder, KINDS, type Kind, missing, program } from '../impl/linux/testing/programs.ts'
import { type Bench, type Flow, type Latency, latency, openBench, type Throughput, throughput } from './iperf.ts'
import { median } from './measure.ts'
import { type PeerMemory, peerMemory, type Soak, soak } from './memory.ts'

export interface TunnelOptions {
  readonly seconds: number
  readonly rounds: number
  readonly json: boolean
}

const FLOWS: readonly Flow[] = [
  { protocol: 'tcp', flows: 1 },
  { protocol: 'tcp', flows: 4 },
  { protocol: 'tcp', flows: 1, bothWays: true },
  { protocol: 'udp', flows: 1 },
  { protocol: 'udp', flows: 4 },
]
const PEERS = 10_000
const DEFAULT_KINDS: readonly Kind[] = ['ours', 'wireguard-go', 'wireguard-go-new']

/** One figure of one kind: every round's value, in order. */
type Series = Map<string, Map<Kind, number[]>>

/** Prints the table or JSON; the status for the shell. */
export async function tunnelBench({ seconds, rounds, json }: TunnelOptions): Promise<number> {
  const lacking = missing(['iperf3'])
  if (lacking !== undefined) {
    console.error(`bench tunnel needs ${lacking}: nothing measured`)
    return 3
  }
  const say = (text: string) => (json ? undefined : console.log(text))
  if (build()) process.env['WGLAB_DIST'] = '1'
  else say('the build fails: ours runs from its sources, which takes more memory')
  const load_before = loadavg()
  const kinds = chosenKinds().filter(kind => {
    const here = program(kind) !== undefined
    if (!here) say(`${kind}: not on this machine (looked on PATH and in ${cacheFolder()})`)
    return here
  })
  const series = await race(kinds, seconds, rounds)
  say(table(series, kinds))
  const memory: PeerMemory[] = []
  for (const kind of kinds) memory.push(await peerMemory(kind, PEERS))
  say(memoryTable(memory))
  const soaked = await soak(kinds[0] ?? 'ours', Number(process.env['WGLAB_SOAK_SECONDS'] ?? 20))
  say(soakLine(soaked))
  const loads = [load_before, loadavg()].map(load => load.map(each => each.toFixed(1)).join(' '))
  say(
    `\nNode ${process.version}, load ${loads[0]} before, ${loads[1]} after; ${rounds} rounds of ${seconds} s, medians.`,
  )
  if (json) console.log(JSON.stringify(report(series, kinds, { memory, soaked, loads, seconds, rounds }), null, 2))
  return 0
}

/** Ours is measured as it is published, not as a checkout runs it. */
function build(): boolean {
  const here = fileURLToPath(new URL('..', import.meta.url))
  return spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', '-b'], { cwd: here }).status === 0
}

/** Every measurement of every kind in turn, so that all share the machine's mood. */
async function race(kinds: readonly Kind[], seconds: number, rounds: number): Promise<Series> {
  const series: Series = new Map()
  const benches: Bench[] = []
  try {
    for (const kind of kinds) benches.push(await openBench(kind))
    // To warm up: compilers, caches, congestion windows.
    for (const bench of benches) await throughput(bench, { protocol: 'tcp', flows: 1 }, 2)
    for (let round = 0; round < rounds; round++) {
      for (const flow of FLOWS)
        for (const bench of benches) keepThroughput(series, bench.kind, flow, await throughput(bench, flow, seconds))
      for (const bench of benches) keepLatency(series, bench.kind, 'idle', await latency(bench, seconds, false))
      for (const bench of benches) keepLatency(series, bench.kind, 'under TCP', await latency(bench, seconds, true))
    }
  } finally {
    for (const bench of benches) await bench.lab.close()
  }
  return series
}

function keepThroughput(series: Series, kind: Kind, { protocol, flows, bothWays }: Flow, result: Throughput): void {
  const name = `${protocol.toUpperCase()} × ${flows}${bothWays === true ? ' both ways' : ''}`
  keep(series, `${name}, Gbit/s`, kind, result.gbit_per_s)
  keep(series, `${name}, CPU s/GB`, kind, result.cpu_s_per_gb)
  if (protocol === 'tcp') keep(series, `${name}, retransmits`, kind, result.retransmits)
  else keep(series, `${name}, lost %`, kind, result.lost * 100)
}

function keepLatency(series: Series, kind: Kind, when: string, result: Latency): void {
  keep(series, `ping ${when}, median ms`, kind, result.median_ms)
  keep(series, `ping ${when}, p99 ms`, kind, result.p99_ms)
  keep(series, `ping ${when}, lost %`, kind, result.lost * 100)
}

function keep(series: Series, name: string, kind: Kind, value: number): void {
  const row = series.get(name) ?? new Map<Kind, number[]>()
  row.set(kind, [...(row.get(kind) ?? []), value])
  series.set(name, row)
}

/** Medians, and ours against each other: the median of the rounds' ratios, with the lowest and highest. */
function table(series: Series, kinds: readonly Kind[]): string {
  const [first, ...others] = kinds
  const head = ['', ...kinds, ...others.map(kind => `${first} / ${kind}`)]
  const rows = [...series].map(([name, row]) => [
    name,
    ...kinds.map(kind => number(median(row.get(kind) ?? []))),
    ...others.map(kind => (/lost|retransmits/.test(name) ? '' : spread(ratios(row, first, kind)))),
  ])
  return aligned([head, ...rows])
}

function ratios(row: ReadonlyMap<Kind, readonly number[]>, first: Kind | undefined, other: Kind): number[] {
  const ours = first === undefined ? [] : (row.get(first) ?? [])
  return ours.map((value, round) => value / (row.get(other)?.[round] ?? Number.NaN))
}

function spread(values: readonly number[]): string {
  return `${number(median(values))} (${number(Math.min(...values))}–${number(Math.max(...values))})`
}

function memoryTable(memory: readonly PeerMemory[]): string {
  const head = [`${PEERS.toLocaleString('en')} idle peers`, 'bytes per peer', 'MB without', 'setconf s', 'show s']
  const rows = memory.map(each => [
    each.kind,
    Math.round(each.bytes_per_peer).toLocaleString('en'),
    (each.empty_bytes / 1e6).toFixed(1),
    each.setconf_s.toFixed(2),
    each.show_s.toFixed(2),
  ])
  return `\n${aligned([head, ...rows])}`
}

function soakLine({ kind, seconds, gbytes, warm_bytes, end_bytes, highest_bytes }: Soak): string {
  const mb = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`
  return `\n${kind}, ${seconds} s of TCP, ${gbytes.toFixed(1)} GB: both daemons ${mb(warm_bytes)} after a quarter, ${mb(end_bytes)} at the end, ${mb(highest_bytes)} at most`
}

function aligned(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map(row => (row[column] ?? '').length)))
  return rows
    .map(row =>
      row
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

function number(value: number): string {
  if (!Number.isFinite(value)) return '-'
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3)
}

function report(
  series: Series,
  kinds: readonly Kind[],
  rest: { memory: PeerMemory[]; soaked: Soak; loads: string[]; seconds: number; rounds: number },
) {
  const [first, ...others] = kinds
  const measures = [...series].map(([name, row]) => ({
    name,
    values: Object.fromEntries(row),
    medians: Object.fromEntries(kinds.map(kind => [kind, median(row.get(kind) ?? [])])),
    ratios: Object.fromEntries(others.map(kind => [kind, median(ratios(row, first, kind))])),
  }))
  return { node: process.version, ...rest, measures }
}

/** `WGLAB_BENCH_KINDS=ours,boringtun` chooses others; the first is set against the rest. */
function chosenKinds(): readonly Kind[] {
  const text = process.env['WGLAB_BENCH_KINDS']
  return text === undefined ? DEFAULT_KINDS : text.split(',').flatMap(name => KINDS.filter(kind => kind === name))
}
