/** One measurement through two namespaces: iperf3 or ping from one side, with what the two daemons used for it. */
import { readFileSync } from 'node:fs'
import { Lab } from '../impl/linux/testing/lab.ts'
import { openPair, type Pair, ping } from '../impl/linux/testing/pair.ts'
import { until } from '../impl/linux/testing/process.ts'
import type { Kind } from '../impl/linux/testing/programs.ts'

export interface Flow {
  readonly protocol: 'tcp' | 'udp'
  readonly flows: number
  /** TCP alone: as many flows the other way at the same time; figures are of both together. */
  readonly bothWays?: boolean
}

export interface Throughput {
  /** Of what the receiver got, above IP. */
  readonly gbit_per_s: number
  /** CPU time of both daemons for 10⁹ bytes delivered. */
  readonly cpu_s_per_gb: number
  /** TCP alone. */
  readonly retransmits: number
  /** UDP alone: what the flood sent and nobody got, 0 to 1. */
  readonly lost: number
}

export interface Latency {
  readonly median_ms: number
  readonly p99_ms: number
  /** 0 to 1. */
  readonly lost: number
}

/** A pair of one kind, up for the whole benchmark. */
export interface Bench {
  readonly kind: Kind
  readonly lab: Lab
  readonly pair: Pair
}

/** Fits in one packet of an interface of MTU 1420 with IPv4 and UDP headers. */
const DATAGRAM = 1392
const TICKS_PER_S = 100

/** Two namespaces with a tunnel of the kind between them, and an iperf3 server in the second. */
export async function openBench(kind: Kind): Promise<Bench> {
  const lab = new Lab()
  const pair = await openPair(lab, { kinds: [kind, kind] })
  await ping(pair.a, pair.b)
  const server = await pair.b.namespace.start('iperf3', ['-s', '--forceflush'])
  await until('the iperf3 server', () => server.output().includes('listening'))
  return { kind, lab, pair }
}

export async function throughput({ pair }: Bench, flow: Flow, seconds: number): Promise<Throughput> {
  const args = ['-c', pair.b.inner4, '-J', '-t', `${seconds}`, '-P', `${flow.flows}`]
  if (flow.protocol === 'udp') args.push('-u', '-b', '0', '-l', `${DATAGRAM}`)
  if (flow.bothWays === true) args.push('--bidir')
  const before = cpuSeconds(pair)
  const text = await pair.a.namespace.run('iperf3', args, { timeout_ms: (seconds + 30) * 1000 })
  const cpu_s = cpuSeconds(pair) - before
  const { received, took_s, retransmits, lost } = summary(text, flow)
  return { gbit_per_s: (received * 8) / took_s / 1e9, cpu_s_per_gb: cpu_s / (received / 1e9), retransmits, lost }
}

/** Echoes of 56 bytes; with a load, while one TCP flow goes as fast as it can. */
export async function latency({ pair }: Bench, seconds: number, loaded: boolean): Promise<Latency> {
  const load = loaded
    ? await pair.a.namespace.start('iperf3', ['-c', pair.b.inner4, '-t', `${seconds + 2}`])
    : undefined
  const count = Math.max(20, Math.round(seconds * 50))
  const args = ['-n', '-i0.02', `-c${count}`, `-w${seconds + 5}`, pair.b.inner4]
  const { stdout } = await pair.a.namespace.attempt('ping', args, { timeout_ms: (seconds + 15) * 1000 })
  await load?.stop('SIGINT')
  const times = [...stdout.matchAll(/time=([\d.]+)/g)].map(match => Number(match[1])).sort((a, b) => a - b)
  const sent = Number(/(\d+) packets transmitted/.exec(stdout)?.[1] ?? count)
  const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? Number.NaN
  return { median_ms: at(0.5), p99_ms: at(0.99), lost: 1 - times.length / sent }
}

/** User and system time of both daemons, all their threads. */
export function cpuSeconds({ a, b }: Pair): number {
  return [a, b].reduce((sum, side) => sum + ticks(side.tunnel.running.pid), 0) / TICKS_PER_S
}

/** Resident memory of a process, in bytes. */
export function residentBytes(pid: number): number {
  return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024
}

function ticks(pid: number): number {
  // The name in brackets may hold spaces: fields are counted from the last bracket; utime and stime are 14 and 15.
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return Number(fields[11]) + Number(fields[12])
}

interface IperfEnd {
  readonly end: {
    readonly sum?: { readonly packets: number; readonly lost_packets: number; readonly seconds: number }
    readonly sum_sent?: { readonly retransmits?: number }
    readonly sum_received?: { readonly bytes: number; readonly seconds: number }
    readonly sum_sent_bidir_reverse?: { readonly retransmits?: number }
    readonly sum_received_bidir_reverse?: { readonly bytes: number }
  }
}

function summary(text: string, { protocol }: Flow) {
  const { end } = JSON.parse(text) as IperfEnd
  if (protocol === 'tcp') {
    const { bytes = 0, seconds = 1 } = end.sum_received ?? {}
    const received = bytes + (end.sum_received_bidir_reverse?.bytes ?? 0)
    const retransmits = (end.sum_sent?.retransmits ?? 0) + (end.sum_sent_bidir_reverse?.retransmits ?? 0)
    return { received, took_s: seconds, retransmits, lost: 0 }
  }
  const { packets = 0, lost_packets = 0, seconds = 1 } = end.sum ?? {}
  const received = (packets - lost_packets) * DATAGRAM
  return { received, took_s: seconds, retransmits: 0, lost: packets === 0 ? 0 : lost_packets / packets }
}
