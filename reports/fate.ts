/** What became of each packet, learned a row at a time: the drop that ended it, or the place that took it. */
import { formatNs } from '../scenarios/language/quantity.ts'
import type { DropRow, HopRow, PacketRef, Row } from '../scenarios/language/trace.ts'
import { packetText } from '../scenarios/language/trace.ts'
import type { RunEnd } from '../scenarios/language/verdict.ts'

export interface Fate {
  readonly drop?: DropRow
  readonly done?: HopRow
}

/** How a packet came to be. */
export interface Origin {
  readonly cause?: PacketRef
  readonly step?: string
  readonly seq?: number
}

export interface FateBook {
  row(row: Row): void
  of(packet: PacketRef, copy: number): Fate
  origin(packet: PacketRef): Origin
}

/** Remembers at most `limit` packets; later ones have no fate. */
export function createFateBook(limit: number): FateBook {
  const fates = new Map<string, Fate>()
  const origins = new Map<string, Origin>()
  const remember = <Value>(map: Map<string, Value>, key: string, change: (old: Value | undefined) => Value) => {
    const old = map.get(key)
    if (old !== undefined || map.size < limit) map.set(key, change(old))
  }
  return {
    row(row) {
      if (row.kind === 'drop') remember(fates, fateKey(row.packet, row.copy), old => ({ ...old, drop: row }))
      else if (row.kind === 'hop' && row.dir === 'done') {
        remember(fates, fateKey(row.packet, row.copy), old => ({ ...old, done: row }))
      } else if (row.kind === 'hop' && row.dir === 'born' && row.cause !== undefined) {
        const cause = row.cause
        remember(origins, packetText(row.packet), old => ({ ...old, cause }))
      } else if (row.kind === 'step' && row.what === 'sent' && row.packet !== undefined) {
        const sent = { step: row.step, ...(row.seq === undefined ? {} : { seq: row.seq }) }
        remember(origins, packetText(row.packet), old => ({ ...old, ...sent }))
      }
    },
    of: (packet, copy) => fates.get(fateKey(packet, copy)) ?? {},
    origin: packet => origins.get(packetText(packet)) ?? {},
  }
}

/** What is known at the end of a run, for the words about a packet. */
export interface Words {
  /** The sentence for a reason; the reason itself where there is none. */
  readonly sentence: (reason: string) => string
  /** Nobody can see what becomes of packets. */
  readonly blind: boolean
  /** Tunnel interfaces: with their colon they look like the end of a cable. */
  readonly tunnels: ReadonlySet<string>
}

export function wordsOf(end: RunEnd): Words {
  return {
    sentence: reason => (Object.hasOwn(end.legend, reason) ? end.legend[reason] : undefined) ?? reason,
    blind: end.blind.includes('inside'),
    tunnels: new Set(end.vantages.flatMap(({ name, layer }) => (layer === 'inner' ? [name] : []))),
  }
}

/** `delivered to bob at 1.02 s`, `lost on the cable alice:internet at 1.01 s: listed loss: …`; '' when nobody can know. */
export function fateText(fate: Fate, words: Words): string {
  const { drop, done } = fate
  if (drop === undefined && done === undefined) return words.blind ? '' : 'still on its way at the end'
  const arrived = done === undefined ? '' : `delivered to ${done.at} at ${formatNs(done.t)}`
  if (drop === undefined) return arrived
  const lost = dropText(drop, words)
  if (done === undefined) return lost
  return done.t >= drop.t ? `${arrived}; a part of it was ${lost}` : `${lost}; before that ${arrived}`
}

/** `lost on the cable alice:internet at 1.01 s: listed-loss: the scenario lists it (nth 1)`. */
function dropText(drop: DropRow, words: Words): string {
  const sentence = words.sentence(drop.reason)
  const why = sentence === drop.reason ? drop.reason : `${drop.reason}: ${trimEnd(sentence)}`
  const detail = drop.detail === undefined ? '' : ` (${drop.detail})`
  return `${dropPlace(drop, words)} at ${formatNs(drop.t)}: ${why}${detail}`
}

/** A place with a colon is a machine's end of a cable, or its tunnel; anything else is the machine itself. */
export function dropPlace(drop: DropRow, words: Words): string {
  const cable = drop.layer === 'wire' && drop.at.includes(':') && !words.tunnels.has(drop.at)
  return cable ? `lost on the cable ${drop.at}` : `dropped by ${drop.at}`
}

function trimEnd(sentence: string): string {
  return sentence.endsWith('.') ? sentence.slice(0, -1) : sentence
}

function fateKey(packet: PacketRef, copy: number): string {
  return `${packetText(packet)}/${copy}`
}
