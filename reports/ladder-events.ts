/** What happens on a ladder, from the rows: a packet that leaves one machine and enters the next is one leg. */
import type { DropRow, HopRow, Row } from '../scenarios/language/trace.ts'
import { packetText } from '../scenarios/language/trace.ts'
import { plain } from './escape.ts'
import type { LadderNote } from './ladder-model.ts'
import { labelPacket, type WireLabel, type WireMessage } from './wire.ts'

/** One way of one packet between two participants, as it happens. */
export interface Leg {
  readonly item: 'leg'
  readonly t: number
  readonly key: string
  readonly from: string
  readonly label: WireLabel
  readonly copy: number
  to?: string
  drop?: DropRow
  pieces: number
}

/** A packet that ended before it left its machine. */
export interface Inside {
  readonly item: 'inside'
  readonly drop: DropRow
}

export type LadderEvent = Leg | Inside | { readonly item: 'note'; readonly note: LadderNote }

/** Events kept: a million data packets fold to one line, but have to be held until then. */
const MOST_DATA = 20_000
const MOST_OTHER = 20_000
/** IP packets that may be an initiation (148 B) or a response (92 B): by IPv4, by IPv6. Nothing else is looked into beyond the bound. */
const HANDSHAKE_SIZES: ReadonlySet<number> = new Set([176, 120, 196, 140])

export interface Recorder {
  /** In the order of their time. */
  readonly events: readonly LadderEvent[]
  row(row: Row): void
  /** Events beyond the bounds. */
  omitted(): number
}

/** `participants`: see LadderOptions. */
export function createRecorder(participants: readonly string[] | undefined): Recorder {
  const known = participants === undefined ? undefined : new Set(participants)
  const events: LadderEvent[] = []
  const legs: Legs = { latest: new Map(), speakers: new Set() }
  let [bulk, other, omitted] = [0, 0, 0]
  const keep = (event: LadderEvent) => {
    const much = event.item === 'inside' || (event.item === 'leg' && isBulk(event.label.message))
    if (much ? bulk++ >= MOST_DATA : other++ >= MOST_OTHER) omitted++
    else {
      events.push(event)
      if (event.item === 'leg') legs.latest.set(event.key, event)
    }
  }
  const hop = (row: HopRow) => {
    if (row.layer !== 'wire' || (row.dir !== 'out' && row.dir !== 'in')) return
    const colon = row.at.indexOf(':')
    const box = colon < 0 ? row.at : row.at.slice(0, colon)
    if (known === undefined ? colon < 0 : !known.has(box)) return
    if (bulk >= MOST_DATA && !HANDSHAKE_SIZES.has(row.size)) {
      if (row.dir === 'out') omitted++
      return
    }
    const leg = row.dir === 'out' ? sent(row, box, legs) : arrived(row, box, legs)
    if (leg !== undefined) keep(leg)
  }
  const drop = (row: DropRow) => {
    const leg = legs.latest.get(legKey(row)) ?? legs.latest.get(legKey({ packet: row.packet, copy: 0 }))
    if (leg === undefined) {
      if (bulk < MOST_DATA) keep({ item: 'inside', drop: row })
    } else if (leg.drop === undefined && (row.copy === leg.copy || leg.to === undefined)) leg.drop = row
  }
  return {
    events,
    omitted: () => omitted,
    row(row) {
      if (row.kind === 'hop') hop(row)
      else if (row.kind === 'drop') drop(row)
      else {
        const note = noteOf(row)
        if (note !== undefined) keep({ item: 'note', note })
      }
    },
  }
}

interface Legs {
  readonly latest: Map<string, Leg>
  /** The machines that sent anything: what comes from others was born between the machines. */
  readonly speakers: Set<string>
}

/** A packet leaves a machine: a new leg, or one more fragment of the one that just left. */
function sent(row: HopRow, from: string, { latest, speakers }: Legs): Leg | undefined {
  speakers.add(from)
  const key = legKey(row)
  const before = latest.get(key)
  const label = row.bytes === undefined ? before?.label : labelPacket(row.bytes)
  if (label === undefined) return undefined
  if (before !== undefined && before.from === from && label.fragment !== 'none') {
    before.pieces++
    return undefined
  }
  return { item: 'leg', t: row.t, key, from, label, copy: row.copy, pieces: 1 }
}

/** A packet comes in: its leg ends. A copy made on the way, or a second reader, gets a leg of its own. */
function arrived(row: HopRow, box: string, { latest, speakers }: Legs): Leg | undefined {
  const key = legKey(row)
  const open = latest.get(key) ?? latest.get(legKey({ packet: row.packet, copy: 0 }))
  if (open === undefined) {
    const from = row.packet.box.split(':')[0] ?? row.packet.box
    if (from === box || speakers.has(from) || row.bytes === undefined) return undefined
    const label = labelPacket(row.bytes)
    return { item: 'leg', t: row.t, key, from, label, copy: row.copy, to: box, pieces: 1 }
  }
  if (open.from === box) return undefined
  if (open.key === key && open.to === undefined) {
    open.to = box
    return undefined
  }
  if (open.key === key && open.to === box) return undefined
  return { item: 'leg', t: row.t, key, from: open.from, label: open.label, copy: row.copy, to: box, pieces: 1 }
}

function noteOf(row: Row): LadderNote | undefined {
  switch (row.kind) {
    case 'step': {
      if (row.what !== 'begun' && row.what !== 'failed' && row.what !== 'error') return undefined
      const what = row.what === 'begun' ? row.step : `${row.step}: ${row.what}`
      return {
        kind: 'note',
        t: row.t,
        over: row.host,
        text: plain(row.detail === undefined ? what : `${what}: ${row.detail}`),
      }
    }
    case 'note':
      return row.level === 'warning'
        ? { kind: 'note', t: row.t, over: row.at.split(':')[0] ?? '', text: plain(row.text) }
        : undefined
    case 'clock':
      return row.t === 0 ? undefined : { kind: 'note', t: row.t, over: row.host, text: plain(`clock: ${row.what}`) }
    case 'hop':
    case 'drop':
    case 'timer':
    case 'key':
    case 'state':
      return undefined
  }
}

/** What there can be much of; it has a bound of its own. */
function isBulk(message: WireMessage | undefined): boolean {
  return message !== 'initiation' && message !== 'response'
}

function legKey(row: { readonly packet: HopRow['packet']; readonly copy: number }): string {
  return `${packetText(row.packet)}/${row.copy}`
}
