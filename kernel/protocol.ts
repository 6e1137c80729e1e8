/**
 * The messages of UML's `time-travel=ext` (include/uapi/linux/um_timetravel.h): 16 bytes each, little-endian: operation
 * (u32), sequence number (u32), time in nanoseconds (u64). Each is answered by ACK with the same number.
 */

export const OP = {
  ACK: 0,
  START: 1,
  REQUEST: 2,
  WAIT: 3,
  GET: 4,
  UPDATE: 5,
  RUN: 6,
  FREE_UNTIL: 7,
  GET_TOD: 8,
  BROADCAST: 9,
} as const
export type Op = (typeof OP)[keyof typeof OP]

export interface Message {
  readonly op: number
  readonly number: number
  readonly time: bigint
}

export const MESSAGE_LENGTH = 16
/** A guest that waits for nothing asks for this. */
export const FOREVER = 0x7fff_ffff_ffff_ffffn

export function writeMessage({ op, number, time }: Message): Uint8Array {
  const bytes = new Uint8Array(MESSAGE_LENGTH)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, op, true)
  view.setUint32(4, number, true)
  view.setBigUint64(8, time, true)
  return bytes
}

/** What labnet's connections carry (recipe/labnet.c): kind, length, port, number (u32, little-endian), and `length` bytes. */
export const RECORD = { FRAME: 1, ACK: 2, HELLO_IN: 16, HELLO_OUT: 17 } as const

export interface LabRecord {
  readonly kind: number
  readonly port: number
  readonly number: number
  readonly body: Uint8Array
}

export const RECORD_HEADER = 16
/** Ethernet header and all. */
export const FRAME_MAX = 9216

/** Throws a RangeError for a body that no guest takes. */
export function writeRecord({ kind, port, number, body }: LabRecord): Uint8Array {
  if (body.length > FRAME_MAX) throw new RangeError(`a frame of ${body.length} bytes (at most ${FRAME_MAX})`)
  const bytes = new Uint8Array(RECORD_HEADER + body.length)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, kind, true)
  view.setUint32(4, body.length, true)
  view.setUint32(8, port, true)
  view.setUint32(12, number, true)
  bytes.set(body, RECORD_HEADER)
  return bytes
}

/** Cuts a stream into pieces, however it comes. */
class Cutter {
  #rest = new Uint8Array(0)

  add(bytes: Uint8Array): void {
    if (this.#rest.length === 0) {
      this.#rest = Uint8Array.from(bytes)
      return
    }
    const joined = new Uint8Array(this.#rest.length + bytes.length)
    joined.set(this.#rest)
    joined.set(bytes, this.#rest.length)
    this.#rest = joined
  }

  peek(length: number): DataView | undefined {
    const { buffer, byteOffset } = this.#rest
    return this.#rest.length < length ? undefined : new DataView(buffer, byteOffset, length)
  }

  take(length: number): Uint8Array {
    const bytes = this.#rest.subarray(0, length)
    this.#rest = this.#rest.subarray(length)
    return bytes
  }
}

export class MessageReader {
  readonly #cutter = new Cutter()

  read(bytes: Uint8Array): Message[] {
    this.#cutter.add(bytes)
    const messages: Message[] = []
    for (let view = this.#cutter.peek(MESSAGE_LENGTH); view !== undefined; view = this.#cutter.peek(MESSAGE_LENGTH)) {
      messages.push({
        op: view.getUint32(0, true),
        number: view.getUint32(4, true),
        time: view.getBigUint64(8, true),
      })
      this.#cutter.take(MESSAGE_LENGTH)
    }
    return messages
  }
}

export class RecordReader {
  readonly #cutter = new Cutter()

  /** Throws a RangeError for a record that is too long to be one. */
  read(bytes: Uint8Array): LabRecord[] {
    this.#cutter.add(bytes)
    const records: LabRecord[] = []
    for (let view = this.#cutter.peek(RECORD_HEADER); view !== undefined; view = this.#cutter.peek(RECORD_HEADER)) {
      const length = view.getUint32(4, true)
      if (length > FRAME_MAX) throw new RangeError(`a record of ${length} bytes (at most ${FRAME_MAX})`)
      if (this.#cutter.peek(RECORD_HEADER + length) === undefined) break
      const head = { kind: view.getUint32(0, true), port: view.getUint32(8, true), number: view.getUint32(12, true) }
      records.push({ ...head, body: this.#cutter.take(RECORD_HEADER + length).slice(RECORD_HEADER) })
    }
    return records
  }
}
