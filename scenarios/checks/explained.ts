/**
 * Every packet that was ever seen is consumed, dropped with a name that the legend explains, or still on its way at the
 * end. Only for worlds that see inside; what a foreign implementation does with a packet it keeps to itself.
 */

import { messageKind } from '../decode/wireguard.ts'
import { attachmentLinks } from '../language/attachment.ts'
import { expandLink } from '../language/link-presets.ts'
import { durationNs, formatNs, rateBits } from '../language/quantity.ts'
import type { Cast, Scenario } from '../language/scenario.ts'
import type { Attachment, Link } from '../language/topology.ts'
import { type HopRow, packetText, type Row } from '../language/trace.ts'
import type { Held } from '../language/verdict.ts'
import { type Check, FEW, type Finding } from './check.ts'
import { counted } from './words.ts'

/** A tunnel gives a packet up after 20 initiations: about 107 s. Fragments wait 60 s at most. */
const WAIT_NS = 110_000_000_000
/** A tunnel that still tries sends an initiation at least this often. */
const TRYING_NS = 6_000_000_000
/** Copies of one packet are told apart by this much; a box gives out fewer ids. */
const COPY = 2 ** 40
const INITIATION_SIZES: ReadonlySet<number> = new Set([148 + 28, 148 + 48])

export function explainedCheck(scenario: Scenario, cast: Cast): Check {
  /** Box of birth, then id and copy, to the last hop: the packets that have not ended. */
  const open = new Map<string, Map<number, HopRow>>()
  const initiations = new Map<string, number>()
  const reasons = new Map<string, string>()
  let packets = 0
  const row = (row: Row): void => {
    if (row.kind === 'drop') {
      if (!reasons.has(row.reason)) reasons.set(row.reason, packetText(row.packet))
      open.get(row.packet.box)?.delete(row.packet.n + row.copy * COPY)
      return
    }
    if (row.kind !== 'hop') return
    const box = open.get(row.packet.box) ?? new Map<number, HopRow>()
    if (box.size === 0) open.set(row.packet.box, box)
    if (row.dir === 'born') packets++
    if (row.dir === 'done') box.delete(row.packet.n + row.copy * COPY)
    else box.set(row.packet.n + row.copy * COPY, row)
    if (row.dir === 'out' && INITIATION_SIZES.has(row.size) && row.bytes && messageKind(row.bytes) === 'initiation') {
      initiations.set(boxOf(row.at), row.t)
    }
  }
  /** Where a world can not say what its boxes hold: what is older than any wait can be is lost. */
  const guessed = (ended_at: number): Account => {
    const cable_ns = longestCable(scenario)
    const lost: HopRow[] = []
    let flying = 0
    for (const box of open.values()) {
      for (const hop of box.values()) {
        const age = ended_at - hop.t
        const trying = ended_at - (initiations.get(boxOf(hop.at)) ?? Number.NEGATIVE_INFINITY) <= TRYING_NS
        const onCable = hop.dir === 'out' && hop.layer === 'wire'
        if (age <= (onCable ? cable_ns : WAIT_NS) || (!onCable && trying)) flying++
        else if (isOurs(cast, hop)) lost.push(hop)
      }
    }
    return { lost, flying }
  }
  return {
    name: 'every packet is explained',
    expected: 'Every packet is consumed, dropped with a known name, or on its way when the run ends.',
    needs: ['inside'],
    kinds: ['drop'],
    hops: 'all',
    row,
    end({ end }): Finding {
      for (const [reason, id] of reasons) {
        if (Object.hasOwn(end.legend, reason)) continue
        return {
          ok: false,
          actual: `${id} was dropped because of "${reason}", which the legend does not explain.`,
          packets: [id],
        }
      }
      const { lost, flying } = end.held === undefined ? guessed(end.ended_at) : known(open, end.held, cast)
      const first = lost.reduce<HopRow | undefined>((a, b) => (a === undefined || b.t < a.t ? b : a), undefined)
      if (first === undefined)
        return { ok: true, actual: `${counted(packets, 'packet')}, ${flying} still on their way.` }
      const where = `${packetText(first.packet)} was last seen at ${first.at} (${first.dir}) at ${formatNs(first.t)}`
      const ids = lost.slice(0, FEW).map(hop => packetText(hop.packet))
      return { ok: false, actual: `${counted(lost.length, 'packet')} vanished: ${where}.`, at: first.t, packets: ids }
    },
  }
}

type Open = ReadonlyMap<string, ReadonlyMap<number, HopRow>>

interface Account {
  readonly lost: readonly HopRow[]
  readonly flying: number
}

/** Every open packet is in somebody's hands, to the packet. */
function known(open: Open, held: readonly Held[], cast: Cast): Account {
  const hands = new Map<string, Set<number>>()
  for (const { packet, copy } of held) {
    const box = hands.get(packet.box) ?? new Set<number>()
    if (box.size === 0) hands.set(packet.box, box)
    box.add(packet.n + copy * COPY)
  }
  const lost: HopRow[] = []
  let flying = 0
  for (const [name, box] of open) {
    for (const [id, hop] of box) {
      if (hands.get(name)?.has(id) === true) flying++
      else if (isOurs(cast, hop)) lost.push(hop)
    }
  }
  return { lost, flying }
}

/** What a foreign implementation does with a packet it keeps to itself. */
function isOurs(cast: Cast, hop: HopRow): boolean {
  return (cast[boxOf(hop.at)] ?? 'ours') === 'ours'
}

function boxOf(at: string): string {
  const colon = at.indexOf(':')
  return colon < 0 ? at : at.slice(0, colon)
}

/** The longest that a packet can be on any cable of the scenario, in nanoseconds: delay, jitter and a full queue. */
export function longestCable(scenario: Scenario): number {
  const named: Link[] = []
  const add = (group: Readonly<Record<string, Attachment>> | undefined): void => {
    for (const attachment of Object.values(group ?? {})) named.push(...attachmentLinks(attachment))
  }
  for (const network of Object.values(scenario.networks)) if (network.link) named.push(network.link)
  for (const host of Object.values(scenario.hosts)) add(host.interfaces)
  for (const router of Object.values(scenario.routers ?? {})) add(router.interfaces)
  for (const nat of Object.values(scenario.nats ?? {})) for (const group of [nat.inside, nat.outside]) add(group)
  for (const step of scenario.steps) {
    if (step.do === 'link') named.push(step.set)
    if (step.do === 'roam') named.push(...attachmentLinks(step.attachment))
    if (step.do === 'nat') add(step.outside)
  }
  const links = named.flatMap(link => [expandLink(link, 'up'), expandLink(link, 'down')])
  const most = (of: (link: Link) => number | undefined, otherwise: number): number =>
    links.reduce((best, link) => Math.max(best, of(link) ?? 0), otherwise)
  const delay = most(link => link.delay && durationNs(link.delay), 10_000_000)
  const jitter = most(longestJitter, 0)
  const slowest = links.reduce(
    (least, link) => Math.min(least, link.rate ? rateBits(link.rate) : least),
    Number.MAX_SAFE_INTEGER,
  )
  const bits =
    (most(link => link.queue ?? (link.discipline?.kind === 'fq-codel' ? 10_240 : undefined), 1000) + 1) *
    most(link => link.mtu, 1500) *
    8
  // A thousandth of a second more: instants are rounded, and a machine may take its time.
  return delay + jitter + Math.ceil((bits / slowest) * 1e9) + 1_000_000
}

/** The tables of distributions end before 17 standard deviations. */
function longestJitter({ jitter, distribution }: Link): number {
  if (typeof distribution === 'object')
    return distribution.samples.reduce((most, each) => Math.max(most, durationNs(each)), 0)
  const spread = jitter === undefined ? 0 : durationNs(jitter)
  return distribution === undefined || distribution === 'uniform' ? spread : 17 * spread
}
