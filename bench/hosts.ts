/** What many hosts cost: `npm run bench -- hosts`. Each number of hosts has a process of its own, so that none inherits another's heap. */
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { cpuSeconds, median } from './measure.ts'
import { crowd } from './scenarios.ts'
import { simulate } from './simulate.ts'

export interface HostsResult {
  readonly hosts: number
  /** CPU time of one packet hop, apart from what the building of the world costs. */
  readonly hop_us: number
  /** CPU time of the building: validation, machines, cables, routes. */
  readonly setup_s: number
  /** What is alive in the middle of a run, less what was before it. */
  readonly bytes_per_host: number
  /** The most memory that the process had at any time. */
  readonly peak_bytes: number
}

export const HOSTS = [10, 1_000, 10_000] as const

/** The same number of packets, whoever sends them: with few hosts more of them each. */
const PACKETS = 100_000
const ROUNDS = 3

/** Runs the measure in a child process. */
export function measureHosts(hosts: number): HostsResult {
  const script = fileURLToPath(import.meta.url)
  const args = ['--expose-gc', ...process.execArgv, script, `${hosts}`]
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })) as HostsResult
}

export function hostsLine({ hosts, hop_us, setup_s, bytes_per_host, peak_bytes }: HostsResult): string {
  const cells = [
    `hosts ${hosts.toLocaleString('en')}`.padEnd(24),
    `${hop_us.toFixed(2)} µs a hop`.padStart(20),
    `${(bytes_per_host / 1024).toFixed(0)} KiB a host`.padStart(16),
    `set up in ${setup_s.toFixed(1)} s`.padStart(18),
    `at most ${(peak_bytes / 2 ** 20).toFixed(0)} MiB`.padStart(18),
  ]
  return cells.join('')
}

function main(hosts: number): void {
  const each = Math.max(1, Math.round(PACKETS / hosts))
  const before = alive()
  let during = 0
  simulate(crowd(hosts, 1), () => {
    if (during === 0) during = alive()
  })
  const costs = Array.from({ length: ROUNDS }, () => cost(hosts, each))
  const result: HostsResult = {
    hosts,
    hop_us: median(costs.map(({ hop_us }) => hop_us)),
    setup_s: median(costs.map(({ setup_s }) => setup_s)),
    bytes_per_host: (during - before) / hosts,
    peak_bytes: process.resourceUsage().maxRSS * 1024,
  }
  console.log(JSON.stringify(result))
}

/** Two runs that differ in their packets alone tell the building and the packets apart. */
function cost(hosts: number, each: number): Pick<HostsResult, 'hop_us' | 'setup_s'> {
  const few = timed(hosts, each)
  const many = timed(hosts, each * 3)
  const hop_s = (many.cpu_s - few.cpu_s) / (many.hops - few.hops)
  return { hop_us: hop_s * 1e6, setup_s: Math.max(0, few.cpu_s - few.hops * hop_s) }
}

function timed(hosts: number, each: number): { readonly hops: number; readonly cpu_s: number } {
  const started = cpuSeconds()
  const { hops } = simulate(crowd(hosts, each))
  return { hops, cpu_s: cpuSeconds() - started }
}

/** Bytes that are in use after everything that is over was thrown away. */
function alive(): number {
  globalThis.gc?.()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main(Number(process.argv[2]))
