/** Captures in every namespace of a plan: one tcpdump each, on all its interfaces, so that those which come later are in it too. */
import type { Plan } from '../plan/plan.ts'
import type { Seen } from './hops.ts'
import { readCapture } from './pcap.ts'
import { exec, type Job, RunSpoiled, type Site, shellLine } from './site.ts'

/** KiB that the kernel keeps for tcpdump: a burst must not overflow it. */
const BUFFER_KIB = 32_768
const TICK_NS = 20_000_000
/** tcpdump hands on what it has once a second. */
const PATIENCE_NS = 10_000_000_000
/** Port and text of the last packet, which goes through `lo`: what came before it is in the file when it is. */
const MARK = 'wglab: the end of this capture'

interface Watch {
  readonly space: string
  readonly enter: string
  readonly file: string
  readonly job: Job
  readonly interfaces: Map<number, string>
}

export interface Watches {
  /** Reads the names of the interfaces there are now. */
  look(space: string): Promise<void>
  /** Ends them; nothing that was sent before is missing. Rejects where a capture has lost packets. */
  finish(): Promise<Seen[]>
}

/** Resolves when all of them see what passes. Rejects with what tcpdump says. */
export async function openWatches(plan: Plan, site: Site): Promise<Watches> {
  const spaces = [...new Set(plan.vantages.map(({ on }) => on))]
  const watches = spaces.map((space, number): Watch => {
    const enter = plan.spaces.find(({ name }) => name === space)?.enter
    if (enter === undefined)
      throw new RangeError(`the plan has a vantage point in "${space}", and no namespace of that name`)
    const file = `capture-${number}.pcap`
    const line = `exec tcpdump -i any -y LINUX_SLL2 -n -U -s 0 -B ${BUFFER_KIB} --time-stamp-precision=nano -Z root -w -`
    return { space, enter, file, job: site.start(`${shellLine(line, enter)} > ${file}`), interfaces: new Map() }
  })
  const look = async (watch: Watch): Promise<void> => {
    const { status, output } = await exec(site, 'ip -o link show', watch.enter)
    if (status === 0) for (const [number, name] of readLinks(output)) watch.interfaces.set(number, name)
  }
  await Promise.all(watches.map(watch => listening(watch, site)))
  await Promise.all(watches.map(look))
  return {
    async look(space) {
      const watch = watches.find(each => each.space === space)
      if (watch !== undefined) await look(watch)
    },
    async finish() {
      await Promise.all(watches.map(look))
      return Promise.all(watches.map(watch => finish(watch, site)))
    },
  }
}

/** `2: eth0@if7: <…>` → 2, eth0 */
export function readLinks(text: string): [number, string][] {
  return [...text.matchAll(/^(\d+): ([^:@\s]+)[:@]/gm)].map(([, number, name]) => [Number(number), name ?? ''])
}

async function listening({ job, space }: Watch, site: Site): Promise<void> {
  let over = false
  job.ended.then(
    () => {
      over = true
    },
    () => {},
  )
  for (const start = site.now(); !job.output().includes('listening on'); ) {
    if (over) throw new RunSpoiled(`tcpdump at ${space}: ${job.output().trim()}`)
    if (site.now() - start > PATIENCE_NS)
      throw new RunSpoiled(`tcpdump at ${space} does not begin: ${job.output().trim()}`)
    await site.sleepUntil(site.now() + TICK_NS)
  }
}

async function finish({ job, enter, space, file, interfaces }: Watch, site: Site): Promise<Seen> {
  await exec(site, `ip link set lo up; bash -c 'echo "${MARK}" > /dev/udp/127.0.0.1/9'`, enter)
  const mark = Buffer.from(MARK)
  for (const start = site.now(); !Buffer.from(await site.read(file)).includes(mark); ) {
    if (site.now() - start > PATIENCE_NS) throw new RunSpoiled(`the capture at ${space} does not come to its end`)
    await site.sleepUntil(site.now() + TICK_NS)
  }
  job.signal('INT')
  const { output } = await job.wait()
  const lost = Number(/(\d+) packets? dropped by kernel/.exec(output)?.[1] ?? Number.NaN)
  if (lost !== 0)
    throw new RunSpoiled(
      `the capture at ${space} has lost ${Number.isNaN(lost) ? 'an unknown number of' : lost} packets`,
    )
  return { space, sightings: readCapture(await site.read(file)), interfaces }
}
