/** Steps that have packets of their own: begun, waited for, told as rows. */
import { addressText, parseAddress } from '../../scenarios/decode/address.ts'
import { decodeIcmp, decodeIp, decodeUdp } from '../../scenarios/decode/ip.ts'
import { durationNs } from '../../scenarios/language/quantity.ts'
import type { Step } from '../../scenarios/language/step.ts'
import type { HopRow, PacketRef, StepRow } from '../../scenarios/language/trace.ts'
import { packetText } from '../../scenarios/language/trace.ts'
import type { Play } from '../plan/plan.ts'
import { pingRows } from './ping.ts'
import type { Job, Site } from './site.ts'
import { tcpRows } from './tcp.ts'

export interface PlayContext {
  /** Of the step. */
  readonly name: string
  readonly spec: Step | undefined
  readonly site: Site
  readonly enter: (machine: string) => string | undefined
}

export interface OpenPlay {
  /** When its command is over. */
  readonly ended: Promise<void>
  /** The run is over: what it has said so far counts. */
  stop(): void
  /** After `ended`. `hops`: of the whole run. `logs`: what the TCP servers of the machines have said. */
  rows(hops: readonly HopRow[], logs: ReadonlyMap<string, string>): StepRow[]
}

const TICK_NS = 20_000_000
const NS_PER_S = 1_000_000_000

export function beginPlay(play: Exclude<Play, { kind: 'show' }>, context: PlayContext): OpenPlay {
  const { site, enter, name } = context
  const began = site.now()
  const job = site.start(play.line, enter(play.from))
  let over = began
  const ended = job.ended.then(() => {
    over = site.now()
  })
  // Called off, who waits is told.
  ended.catch(() => {})
  const begun: StepRow = { kind: 'step', t: began, step: name, host: play.from, what: 'begun' }
  return {
    ended,
    stop() {
      job.signal('INT')
    },
    rows(hops, logs) {
      const own = hops.filter(({ t }) => t >= began - TICK_NS)
      switch (play.kind) {
        case 'ping':
          return [begun, ...pings(play, job, { began, over, context, hops: own })]
        case 'send':
          return [begun, ...datagrams(play, job, { began, over, context, hops: own })]
        case 'tcp': {
          const { from, number } = play
          const reader = { step: name, number, from, began, ended: over, timeOf: dayTime(site) }
          return [begun, ...tcpRows(job.output(), logs, reader)]
        }
      }
    },
  }
}

interface Played {
  readonly began: number
  readonly over: number
  readonly context: PlayContext
  readonly hops: readonly HopRow[]
}

function pings(play: Extract<Play, { kind: 'ping' }>, job: Job, { began, over, context, hops }: Played): StepRow[] {
  const { spec, site, name } = context
  const interval = spec?.do === 'ping' ? spec.interval : undefined
  const rows = pingRows(job.output().split('\n'), over, {
    step: name,
    host: play.from,
    count: play.count,
    began,
    interval_ns: interval === undefined ? NS_PER_S : durationNs(interval),
    timeOf: dayTime(site),
  })
  // Stamps of the captures are better than those of a program that waits for its turn.
  const to = spec?.do === 'ping' ? spec.to : undefined
  const requests = echoes(hops, play.from, 'out', to)
  const replies = echoes(hops, play.from, 'in', to)
  return rows
    .map(row => {
      if (row.seq === undefined) return row
      const hop =
        row.what === 'sent' ? requests.get(row.seq) : row.what === 'answered' ? replies.get(row.seq) : undefined
      return hop === undefined ? row : { ...row, t: hop.t, packet: hop.packet }
    })
    .toSorted((a, b) => a.t - b.t)
}

function dayTime(site: Site): (seconds: string) => number {
  return seconds => timeOf(seconds, site.zero_ns())
}

/** `1795185328.666195` → nanoseconds of the run. */
export function timeOf(seconds: string, zero_ns: bigint): number {
  const [whole = '0', part = ''] = seconds.split('.')
  return Number(BigInt(whole) * 1_000_000_000n + BigInt(part.padEnd(9, '0').slice(0, 9)) - zero_ns)
}

/** The first echo of each sequence number: a request that leaves a machine for there, or a reply that comes in from there. */
function echoes(hops: readonly HopRow[], from: string, dir: 'out' | 'in', to: string | undefined): Map<number, HopRow> {
  const found = new Map<number, HopRow>()
  const kind = dir === 'out' ? 'echo-request' : 'echo-reply'
  for (const hop of hops) {
    if (hop.dir !== dir || machineOf(hop) !== from || hop.bytes === undefined) continue
    const ip = decodeIp(hop.bytes)
    const icmp = ip === undefined ? undefined : decodeIcmp(ip)
    if (ip === undefined || icmp?.kind !== kind || found.has(icmp.sequence)) continue
    const other = dir === 'out' ? ip.destination : ip.source
    if (to === undefined || addressText(other) === canonical(to)) found.set(icmp.sequence, hop)
  }
  return found
}

/** A datagram of a step is known by its ports and size at its first sighting, and by its identity from then on. */
function datagrams(play: Extract<Play, { kind: 'send' }>, job: Job, { over, context, hops }: Played): StepRow[] {
  const rows: StepRow[] = []
  const sequence = new Map<string, { seq: number; packet: PacketRef }>()
  const arrived = new Set<number>()
  const row = (t: number, host: string, what: StepRow['what'], more: Partial<StepRow>): void => {
    rows.push({ kind: 'step', t, step: context.name, host, what, ...more })
  }
  for (const hop of hops) {
    const id = packetText(hop.packet)
    const machine = machineOf(hop)
    if (machine === play.from && hop.dir === 'out' && !sequence.has(id) && isDatagram(hop, play)) {
      if (sequence.size >= play.count) continue
      const known = { seq: sequence.size + 1, packet: hop.packet }
      sequence.set(id, known)
      row(hop.t, play.from, 'sent', known)
    } else if (machine === play.to && hop.dir === 'in') {
      const known = sequence.get(id)
      if (known === undefined || arrived.has(known.seq)) continue
      arrived.add(known.seq)
      row(hop.t, play.to, 'arrived', known)
    }
  }
  const text = job.output().trim().split('\n').at(-1) ?? ''
  if (text !== '') row(over, play.from, 'error', { detail: text })
  row(over, play.from, 'done', {})
  return rows
}

function isDatagram({ bytes }: HopRow, { port, source, bytes: size }: Extract<Play, { kind: 'send' }>): boolean {
  const ip = bytes === undefined ? undefined : decodeIp(bytes)
  const udp = ip === undefined ? undefined : decodeUdp(ip)
  return udp !== undefined && udp.destinationPort === port && udp.sourcePort === source && udp.size === size
}

function machineOf({ at }: HopRow): string {
  return at.slice(0, at.indexOf(':'))
}

function canonical(text: string): string {
  const bytes = parseAddress(text)
  return bytes === undefined ? text : addressText(bytes)
}
