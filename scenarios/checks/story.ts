/** What happened around a moment, across all layers, a line a row, for people. */
import { describePacket } from '../decode/describe.ts'
import { messageKind } from '../decode/wireguard.ts'
import { packetText, type Row, type TraceSink } from '../language/trace.ts'
import { HeadAndTail } from './head-and-tail.ts'

export interface Story {
  readonly sink: TraceSink
  /** Up to `most` lines around a moment (ns; the end without one): rows of these packets before others, then the nearest. */
  around(at_ns: number | undefined, packets: readonly string[], most?: number): string[]
}

/** Of how many rows the first, and the last, are kept: of the telling ones, and of the many packets of traffic. */
const TELLING = 4096
const TRAFFIC = 1024

interface Kept {
  readonly row: Row
  readonly order: number
}

/** Listens to a run; remembers what tells most and a bounded part of the rest. */
export function createStory(): Story {
  const telling = new HeadAndTail<Kept>(TELLING)
  const traffic = new HeadAndTail<Kept>(TRAFFIC)
  let order = 0
  return {
    sink: {
      row(row) {
        order++
        if (row.kind === 'hop' && row.bytes === undefined) return
        const kept = { row, order }
        if (isTraffic(row)) traffic.push(kept)
        else telling.push(kept)
      },
    },
    around(at_ns, packets, most = 24) {
      const all = [...telling.items(), ...traffic.items()].sort((a, b) => a.order - b.order)
      const at = at_ns ?? all.at(-1)?.row.t ?? 0
      const wanted = new Set(packets)
      const rank = ({ row }: Kept) => (isAbout(row, wanted) ? 0 : 1)
      const distance = ({ row }: Kept) => Math.abs(row.t - at)
      const nearest = all.toSorted((a, b) => rank(a) - rank(b) || distance(a) - distance(b) || a.order - b.order)
      const focus = nearest.filter(kept => rank(kept) === 0).slice(0, Math.ceil((most * 2) / 3))
      const others = nearest.filter(kept => rank(kept) === 1).slice(0, most - focus.length)
      return [...focus, ...others].sort((a, b) => a.order - b.order).map(({ row }) => rowText(row))
    },
  }
}

/** `     20.040 s  alice:internet    out   initiation 148 B → 203.0.113.2:51820 (alice/12)` */
export function rowText(row: Row): string {
  const place = 'at' in row ? row.at : row.host
  const [word, text] = wordsOf(row)
  return `${timeText(row.t).padStart(14)}  ${place.padEnd(16)}  ${word.padEnd(5)}  ${text}`.trimEnd()
}

/** Seconds with three, six or nine decimals, as many as are needed. */
export function timeText(ns: number): string {
  const digits = ns % 1_000_000 === 0 ? 3 : ns % 1_000 === 0 ? 6 : 9
  const whole = Math.floor(ns / 1e9)
  const rest = String(ns - whole * 1e9).padStart(9, '0')
  return `${whole}.${rest.slice(0, digits)} s`
}

/** A word for what happened, and the rest of the line. */
function wordsOf(row: Row): [word: string, text: string] {
  switch (row.kind) {
    case 'hop': {
      const told = row.bytes === undefined ? undefined : describePacket(row.bytes)
      const what =
        told === undefined ? `${row.size} B` : `${told.what} ${row.dir === 'in' ? `← ${told.from}` : `→ ${told.to}`}`
      const cause = row.cause === undefined ? '' : ` because of ${packetText(row.cause)}`
      return [row.dir, `${what} (${idText(row)})${cause}`]
    }
    case 'drop': {
      const detail = row.detail === undefined ? '' : `: ${row.detail}`
      return ['drop', `${row.reason} (${idText(row)})${detail}`]
    }
    case 'timer': {
      const due = row.due === undefined || row.what !== 'set' ? '' : ` for ${timeText(row.due)}`
      return ['timer', `${row.timer} ${row.what}${due}: ${row.reason} (peer ${row.peer})`]
    }
    case 'key': {
      const role = row.role === undefined ? '' : `, ${row.role}`
      return ['key', `${row.what} (peer ${row.peer}${role})`]
    }
    case 'state': {
      const shake = row.latest_handshake === null ? 'never' : `at ${timeText(row.latest_handshake)}`
      return [
        'state',
        `${row.iface} peer ${row.peer}: endpoint ${row.endpoint}, handshake ${shake}, rx ${row.rx_bytes} B, tx ${row.tx_bytes} B`,
      ]
    }
    case 'clock':
      return ['clock', `${row.what}: now ${row.wall_sec}.${String(row.wall_nsec).padStart(9, '0')}`]
    case 'step': {
      const seq = row.seq === undefined ? '' : ` ${row.seq}`
      const packet = row.packet === undefined ? '' : ` (${packetText(row.packet)})`
      return ['step', `"${row.step}" ${row.what}${seq}${packet}${row.detail === undefined ? '' : `: ${row.detail}`}`]
    }
    case 'note':
      return ['note', row.level === 'warning' ? `warning: ${row.text}` : row.text]
  }
}

function idText(row: { readonly packet: Parameters<typeof packetText>[0]; readonly copy: number }): string {
  return row.copy === 0 ? packetText(row.packet) : `${packetText(row.packet)}, copy ${row.copy}`
}

/** Packets of traffic and their steps come by the million; handshakes, drops and changes are few and say more. */
function isTraffic(row: Row): boolean {
  if (row.kind === 'step') return row.seq !== undefined
  if (row.kind === 'timer') return row.what !== 'fired'
  if (row.kind !== 'hop' || row.bytes === undefined) return false
  const kind = messageKind(row.bytes)
  return kind === undefined || kind === 'data' || kind === 'keepalive'
}

function isAbout(row: Row, packets: ReadonlySet<string>): boolean {
  return packets.size > 0 && 'packet' in row && row.packet !== undefined && packets.has(packetText(row.packet))
}
