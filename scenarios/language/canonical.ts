/**
 * The trace in two written forms. Binary, canonical: the same rows give the same bytes everywhere, and different rows
 * different bytes; `trace_sha256` is over these. JSON lines: for people and their tools.
 *
 * Binary form, version 1. All numbers are little endian. The stream begins with the ASCII letters `wglab` and a byte 1.
 * Then records, each beginning with a byte:
 *   0 name: a text. The first is name 0, the next 1, …; each text once, before the first record that uses it
 *   1 hop · 2 drop · 3 timer · 4 key · 5 state · 6 clock · 7 step · 8 note: a row
 *   9 end: the number of rows (integer). Nothing follows
 * integer: an IEEE 754 double (8 bytes) that holds a safe integer, never -0. u32: 4 bytes. name: u32.
 * text: u32 bytes of UTF-8 (a lone surrogate as three bytes). bytes: u32 length, then these.
 * A step row may have bytes (flag 64) since they were added to the trace; rows without are as before.
 * Fields stand in the order of `encodeRow` below; a byte of flags says which of the optional ones are there.
 */
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import { Names } from './names.ts'
import { type PacketRef, packetText, type Row, type TraceSink } from './trace.ts'

const HEADER = Uint8Array.of(0x77, 0x67, 0x6c, 0x61, 0x62, 1)
const CHUNK = 64 * 1024

const NAME = 0
const HOP = 1
const DROP = 2
const TIMER = 3
const KEY = 4
const STATE = 5
const CLOCK = 6
const STEP = 7
const NOTE = 8
const END = 9

const DIRECTIONS = ['born', 'out', 'in', 'done'] as const
const LAYERS = ['wire', 'inner'] as const
const TIMER_EVENTS = ['set', 'cancelled', 'fired'] as const
const ROLES = ['initiator', 'responder'] as const
const STEP_EVENTS = ['begun', 'sent', 'arrived', 'answered', 'error', 'satisfied', 'failed', 'done'] as const
const LEVELS = ['info', 'warning'] as const

/** Turns rows into canonical bytes, in chunks that are written over after the call: who keeps one makes a copy. */
export class CanonicalEncoder implements TraceSink {
  readonly #write: (chunk: Uint8Array) => void
  readonly #names = new Names()
  #bytes = new Uint8Array(CHUNK)
  #view = new DataView(this.#bytes.buffer)
  #at = 0
  #rows = 0

  constructor(write: (chunk: Uint8Array) => void) {
    this.#write = write
    this.#raw(HEADER)
  }

  /** Throws a RangeError on a number that is no safe integer and on a word that the trace does not know. */
  row(row: Row): void {
    this.#rows++
    switch (row.kind) {
      case 'hop':
        return this.#hop(row)
      case 'drop':
        return this.#drop(row)
      case 'timer':
        return this.#timer(row)
      case 'key':
        return this.#key(row)
      case 'state':
        return this.#state(row)
      case 'clock':
        return this.#clock(row)
      case 'step':
        return this.#step(row)
      case 'note':
        return this.#note(row)
    }
  }

  /** Writes the end and the last chunk. Nothing may come after. */
  end(): void {
    this.#begin(END, 9)
    this.#integer(this.#rows)
    this.#flush()
  }

  /** Nine of ten rows are hops: their fixed part is written at once. */
  #hop(row: Extract<Row, { kind: 'hop' }>): void {
    const { packet, bytes, cause } = row
    const place = this.#name(row.at)
    const box = this.#name(packet.box)
    const causeBox = cause === undefined ? 0 : this.#name(cause.box)
    this.#room(64)
    const at = this.#at
    const view = this.#view
    view.setUint8(at, HOP)
    view.setFloat64(at + 1, integer(row.t), true)
    view.setUint32(at + 9, place, true)
    const flags = (bytes === undefined ? 0 : 8) | (cause === undefined ? 0 : 16)
    view.setUint8(at + 13, index(DIRECTIONS, row.dir) | (index(LAYERS, row.layer) << 2) | flags)
    view.setUint32(at + 14, box, true)
    view.setFloat64(at + 18, integer(packet.n), true)
    view.setFloat64(at + 26, integer(row.copy), true)
    view.setFloat64(at + 34, integer(row.size), true)
    this.#at = at + 42
    if (cause !== undefined) {
      this.#u32(causeBox)
      this.#integer(cause.n)
    }
    if (bytes !== undefined) {
      this.#room(4)
      this.#u32(bytes.length)
      this.#raw(bytes)
    }
  }

  #drop(row: Extract<Row, { kind: 'drop' }>): void {
    const at = this.#name(row.at)
    const box = this.#name(row.packet.box)
    const reason = this.#name(row.reason)
    this.#begin(DROP, 40)
    this.#integer(row.t)
    this.#u32(at)
    this.#byte(index(LAYERS, row.layer) | (row.detail === undefined ? 0 : 2))
    this.#u32(box)
    this.#integer(row.packet.n)
    this.#integer(row.copy)
    this.#u32(reason)
    if (row.detail !== undefined) this.#text(row.detail)
  }

  #timer(row: Extract<Row, { kind: 'timer' }>): void {
    const names = [row.host, row.peer, row.timer, row.reason].map(text => this.#name(text))
    this.#begin(TIMER, 48)
    this.#integer(row.t)
    for (const name of names) this.#u32(name)
    this.#byte(index(TIMER_EVENTS, row.what) | (row.due === undefined ? 0 : 4))
    if (row.due !== undefined) this.#integer(row.due)
  }

  #key(row: Extract<Row, { kind: 'key' }>): void {
    const names = [row.host, row.peer, row.what].map(text => this.#name(text))
    this.#begin(KEY, 48)
    this.#integer(row.t)
    for (const name of names) this.#u32(name)
    const role = row.role === undefined ? 0 : 1 + index(ROLES, row.role)
    this.#byte(role | (row.local_index === undefined ? 0 : 4) | (row.remote_index === undefined ? 0 : 8))
    if (row.local_index !== undefined) this.#integer(row.local_index)
    if (row.remote_index !== undefined) this.#integer(row.remote_index)
  }

  #state(row: Extract<Row, { kind: 'state' }>): void {
    const names = [row.host, row.iface, row.peer, row.endpoint].map(text => this.#name(text))
    const allowed = row.allowed_ips.map(text => this.#name(text))
    this.#begin(STATE, 64 + 4 * allowed.length)
    this.#integer(row.t)
    for (const name of names) this.#u32(name)
    this.#byte(row.latest_handshake === null ? 0 : 1)
    if (row.latest_handshake !== null) this.#integer(row.latest_handshake)
    this.#integer(row.rx_bytes)
    this.#integer(row.tx_bytes)
    this.#integer(row.keepalive_s)
    this.#u32(allowed.length)
    for (const name of allowed) this.#u32(name)
  }

  #clock(row: Extract<Row, { kind: 'clock' }>): void {
    const host = this.#name(row.host)
    this.#begin(CLOCK, 32)
    this.#integer(row.t)
    this.#u32(host)
    this.#integer(row.wall_sec)
    this.#integer(row.wall_nsec)
    this.#text(row.what)
  }

  #step(row: Extract<Row, { kind: 'step' }>): void {
    const step = this.#name(row.step)
    const host = this.#name(row.host)
    const box = row.packet === undefined ? 0 : this.#name(row.packet.box)
    this.#begin(STEP, 40)
    this.#integer(row.t)
    this.#u32(step)
    this.#u32(host)
    this.#byte(
      index(STEP_EVENTS, row.what) |
        (row.seq === undefined ? 0 : 8) |
        (row.packet === undefined ? 0 : 16) |
        (row.detail === undefined ? 0 : 32) |
        (row.bytes === undefined ? 0 : 64),
    )
    if (row.seq !== undefined) this.#integer(row.seq)
    if (row.packet !== undefined) {
      this.#u32(box)
      this.#integer(row.packet.n)
    }
    if (row.detail !== undefined) this.#text(row.detail)
    if (row.bytes !== undefined) this.#integer(row.bytes)
  }

  #note(row: Extract<Row, { kind: 'note' }>): void {
    const at = this.#name(row.at)
    this.#begin(NOTE, 16)
    this.#integer(row.t)
    this.#u32(at)
    this.#byte(index(LEVELS, row.level))
    this.#text(row.text)
  }

  /** The number of a text; writes it down at its first use. */
  #name(text: string): number {
    const known = this.#names.find(text)
    if (known >= 0) return known
    this.#begin(NAME, 1)
    this.#text(text)
    return this.#names.add(text)
  }

  #begin(tag: number, room: number): void {
    this.#room(room + 1)
    this.#byte(tag)
  }

  /** So many bytes can be written without asking again. */
  #room(size: number): void {
    if (this.#at + size <= this.#bytes.length) return
    this.#flush()
    if (size > this.#bytes.length) this.#take(size)
  }

  #take(size: number): void {
    this.#bytes = new Uint8Array(size)
    this.#view = new DataView(this.#bytes.buffer)
  }

  #flush(): void {
    if (this.#at === 0) return
    this.#write(this.#bytes.subarray(0, this.#at))
    if (this.#bytes.length > CHUNK) this.#take(CHUNK)
    this.#at = 0
  }

  #byte(value: number): void {
    this.#bytes[this.#at++] = value
  }

  #u32(value: number): void {
    this.#view.setUint32(this.#at, value, true)
    this.#at += 4
  }

  #integer(value: number): void {
    this.#view.setFloat64(this.#at, integer(value), true)
    this.#at += 8
  }

  #text(text: string): void {
    const bytes = utf8(text)
    this.#room(4)
    this.#u32(bytes.length)
    this.#raw(bytes)
  }

  #raw(bytes: Uint8Array): void {
    this.#room(bytes.length)
    this.#bytes.set(bytes, this.#at)
    this.#at += bytes.length
  }
}

/** One row as a line of JSON: fields in the order of the trace contract, a packet as `alice/12`, bytes as hexadecimal. */
export function rowToJson(row: Row): string {
  switch (row.kind) {
    case 'hop': {
      const { kind, t, at, dir, layer, packet, copy, size, bytes, cause } = row
      const cells = { kind, t, at, dir, layer, packet: packetText(packet), copy, size }
      return JSON.stringify({ ...cells, cause: cause && packetText(cause), bytes: bytes && bytesToHex(bytes) })
    }
    case 'drop': {
      const { kind, t, at, layer, packet, copy, reason, detail } = row
      return JSON.stringify({ kind, t, at, layer, packet: packetText(packet), copy, reason, detail })
    }
    case 'timer': {
      const { kind, t, host, peer, timer, what, due, reason } = row
      return JSON.stringify({ kind, t, host, peer, timer, what, due, reason })
    }
    case 'key': {
      const { kind, t, host, peer, what, role, local_index, remote_index } = row
      return JSON.stringify({ kind, t, host, peer, what, role, local_index, remote_index })
    }
    case 'state': {
      const { kind, t, host, iface, peer, endpoint, latest_handshake, rx_bytes, tx_bytes, allowed_ips, keepalive_s } =
        row
      const peerState = { endpoint, latest_handshake, rx_bytes, tx_bytes, allowed_ips, keepalive_s }
      return JSON.stringify({ kind, t, host, iface, peer, ...peerState })
    }
    case 'clock': {
      const { kind, t, host, wall_sec, wall_nsec, what } = row
      return JSON.stringify({ kind, t, host, wall_sec, wall_nsec, what })
    }
    case 'step': {
      const { kind, t, step, host, what, seq, packet, detail, bytes } = row
      return JSON.stringify({ kind, t, step, host, what, seq, packet: packet && packetText(packet), detail, bytes })
    }
    case 'note': {
      const { kind, t, at, text, level } = row
      return JSON.stringify({ kind, t, at, text, level })
    }
  }
}

const FIELDS: Readonly<Record<Row['kind'], string>> = {
  hop: 't# at$ dir$ layer$ packet@ copy# size# cause@? bytes%?',
  drop: 't# at$ layer$ packet@ copy# reason$ detail$?',
  timer: 't# host$ peer$ timer$ what$ due#? reason$',
  key: 't# host$ peer$ what$ role$? local_index#? remote_index#?',
  state: 't# host$ iface$ peer$ endpoint$ latest_handshake0 rx_bytes# tx_bytes# allowed_ips* keepalive_s#',
  clock: 't# host$ wall_sec# wall_nsec# what$',
  step: 't# step$ host$ what$ seq#? packet@? detail$? bytes#?',
  note: 't# at$ text$ level$',
}

const WORDS: ReadonlyMap<string, readonly string[]> = new Map<string, readonly string[]>([
  ['hop dir', DIRECTIONS],
  ['hop layer', LAYERS],
  ['drop layer', LAYERS],
  ['timer what', TIMER_EVENTS],
  ['key role', ROLES],
  ['step what', STEP_EVENTS],
  ['note level', LEVELS],
])

/** Reads what `rowToJson` wrote. Throws a RangeError that names the field at fault. */
export function rowFromJson(line: string): Row {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    throw new RangeError('not JSON')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new RangeError('not an object')
  const cells = value as Record<string, unknown>
  const kind = String(cells['kind'])
  if (!Object.hasOwn(FIELDS, kind))
    throw new RangeError(`there is no row of kind "${kind}" (${Object.keys(FIELDS).join(', ')})`)
  const row: Record<string, unknown> = { kind }
  for (const field of FIELDS[kind as Row['kind']].split(' ')) {
    const [, key = '', type = '', optional = ''] = /^(\w+?)([#$@%*0])(\??)$/.exec(field) ?? []
    const cell = cells[key]
    if (cell === undefined && optional !== '') continue
    row[key] = readCell(`${kind} ${key}`, type, cell)
  }
  return row as unknown as Row
}

function readCell(field: string, type: string, cell: unknown): unknown {
  if (type === '0' && cell === null) return null
  if ((type === '#' || type === '0') && Number.isSafeInteger(cell)) return cell
  if (type === '*' && Array.isArray(cell) && cell.every(each => typeof each === 'string')) return cell
  if (typeof cell === 'string') {
    const words = WORDS.get(field)
    if (type === '$' && (words === undefined || words.includes(cell))) return cell
    if (type === '@') return readPacket(cell)
    if (type === '%' && /^([0-9a-f]{2})*$/.test(cell)) return hexToBytes(cell)
  }
  const name = `the field "${field.split(' ')[1]}"`
  throw new RangeError(cell === undefined ? `${name} is missing` : `${name} is not right: ${JSON.stringify(cell)}`)
}

function readPacket(text: string): PacketRef {
  const slash = text.lastIndexOf('/')
  const n = Number(text.slice(slash + 1))
  if (slash < 0 || !/^\d+$/.test(text.slice(slash + 1)) || !Number.isSafeInteger(n)) {
    throw new RangeError(`no packet id: "${text}" (write alice/12)`)
  }
  return { box: text.slice(0, slash), n }
}

/** A safe integer, never -0. */
function integer(value: number): number {
  if (!Number.isSafeInteger(value)) throw new RangeError(`not an integer that a trace can hold: ${value}`)
  return value === 0 ? 0 : value
}

function index<Word extends string>(words: readonly Word[], word: Word): number {
  // A loop of few turns over the same few texts: cheaper than indexOf.
  for (let at = 0; at < words.length; at++) if (words[at] === word) return at
  throw new RangeError(`the trace does not know the word "${word}"`)
}

/** UTF-8, with a lone surrogate as the three bytes of its number, so that no two texts share their bytes. */
function utf8(text: string): Uint8Array {
  const bytes: number[] = []
  for (const letter of text) {
    const code = letter.codePointAt(0) ?? 0
    if (code < 0x80) bytes.push(code)
    else if (code < 0x800) bytes.push(0xc0 | (code >> 6), 0x80 | (code & 63))
    else if (code < 0x10000) bytes.push(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63))
    else bytes.push(0xf0 | (code >> 18), 0x80 | ((code >> 12) & 63), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63))
  }
  return Uint8Array.from(bytes)
}
