/**
 * TCP at full speed through a tunnel for a while: nothing grows. Each daemon is asked what it holds, again and again; after
 * a warm-up the last third of the answers is held against the first. `WGLAB_SOAK_SECONDS` makes it longer.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { tunnelStatusOf } from './client.ts'
import { inLab } from './testing/lab.ts'
import { openPair, ping, type Side } from './testing/pair.ts'
import { until } from './testing/process.ts'
import { type Kind, missing } from './testing/programs.ts'
import { note } from './testing/subjects.ts'

const SECONDS = Number(process.env['WGLAB_SOAK_SECONDS'] ?? 20)
/** Compilers, buffers and congestion windows come to rest. */
const WARM_UP = 0.25
const SAMPLE_MS = 200
/** Of the heaps alone: their smallest sizes are compared, which hold next to no garbage. A leak of 64 bytes a packet is more within a second. */
const HEAP_SLACK = 6 << 20
/** The engine's nurseries, one a thread, grow in steps of up to 16 MiB, once each. */
const RSS_SLACK = 40 << 20
const lacking = missing(['iperf3'])

interface Sample {
  readonly rss: number
  readonly heap: number
  readonly fds: number
  readonly threads: number
}

describe.skipIf(lacking !== undefined)(`a soak at full speed${note(lacking)}`, () => {
  for (const kind of ['ours', 'ours-plain'] as const satisfies readonly Kind[]) {
    it(
      `${kind}: memory, descriptors and threads do not grow`,
      () =>
        inLab(async lab => {
          const { a, b } = await openPair(lab, { kinds: [kind, kind] })
          await ping(a, b)
          const server = await b.namespace.start('iperf3', ['-s', '--forceflush'])
          await until('the iperf3 server', () => server.output().includes('listening'))
          const samples = new Map<Side, Sample[]>([
            [a, []],
            [b, []],
          ])
          const load = await a.namespace.start('iperf3', ['-c', b.inner4, '-t', `${SECONDS}`, '--bidir'])
          await until(
            'the end of the load',
            async () => {
              for (const [side, taken] of samples) taken.push(await sample(side))
              await new Promise(resolve => setTimeout(resolve, SAMPLE_MS))
              return load.ended()
            },
            SECONDS * 1000 + 120_000,
          )
          expect(load.output()).toContain('iperf Done')
          // Something went through: what does nothing leaks nothing.
          expect((await b.tunnel.peer(a.keys.public)).rx).toBeGreaterThan(SECONDS * 1_000_000)
          for (const taken of samples.values()) expectNoGrowth(taken)
        }),
      SECONDS * 1000 + 300_000,
    )
  }
})

function expectNoGrowth(samples: readonly Sample[]): void {
  const warm = samples.slice(Math.floor(samples.length * WARM_UP))
  const third = Math.floor(warm.length / 3)
  expect(third).toBeGreaterThanOrEqual(3)
  const [first, last] = [warm.slice(0, third), warm.slice(-third)]
  const least = (of: readonly Sample[], what: keyof Sample) => Math.min(...of.map(each => each[what]))
  const grown = (what: keyof Sample) => least(last, what) - least(first, what)
  expect({ heap: grown('heap') < HEAP_SLACK, rss: grown('rss') < RSS_SLACK, warm: summary(first), end: summary(last) })
    // The numbers only for whom it fails.
    .toMatchObject({ heap: true, rss: true })
  // What asks comes and goes: with nobody asking there are so many.
  expect([grown('fds'), grown('threads')]).toEqual([0, 0])
}

function summary(samples: readonly Sample[]) {
  const mb = (what: keyof Sample) => samples.map(each => Math.round(each[what] / 1e5) / 10)
  return { heap_mb: mb('heap'), rss_mb: mb('rss') }
}

async function sample({ tunnel }: Side): Promise<Sample> {
  const memory = (await tunnelStatusOf(tunnel.iface))?.memory
  const { pid } = tunnel.running
  const threads = Number(/^Threads:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
  const fds = readdirSync(`/proc/${pid}/fd`).length
  return { rss: memory?.rss_bytes ?? Number.NaN, heap: memory?.heap_bytes ?? Number.NaN, fds, threads }
}
