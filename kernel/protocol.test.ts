import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  FRAME_MAX,
  type LabRecord,
  MessageReader,
  OP,
  RECORD,
  RecordReader,
  writeMessage,
  writeRecord,
} from './protocol.ts'

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

/** The bytes of a stream, cut at these places. */
function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const ends = [0, ...places.map(place => place % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length]
  return ends.slice(1).map((end, i) => bytes.slice(ends[i], end))
}

const joined = (pieces: readonly Uint8Array[]) => Uint8Array.from(pieces.flatMap(piece => [...piece]))

describe('messages of the clock', () => {
  it('are 16 bytes, little-endian', () => {
    expect(hex(writeMessage({ op: OP.RUN, number: 0x01020304, time: 0x1122334455667788n }))).toBe(
      '06000000040302018877665544332211',
    )
  })

  const message = fc.record({ op: fc.nat(9), number: fc.nat(), time: fc.bigInt(0n, 0xffff_ffff_ffff_ffffn) })
  it('are read as they were written, wherever the stream is cut', () => {
    fc.assert(
      fc.property(fc.array(message), fc.array(fc.nat()), (messages, places) => {
        const reader = new MessageReader()
        const pieces = cut(joined(messages.map(writeMessage)), places)
        expect(pieces.flatMap(piece => reader.read(piece))).toEqual(messages)
      }),
    )
  })
})

describe('records of the network', () => {
  it('are a header of 16 bytes and the frame', () => {
    expect(hex(writeRecord({ kind: RECORD.FRAME, port: 2, number: 7, body: Uint8Array.of(1, 2, 3) }))).toBe(
      '01000000030000000200000007000000010203',
    )
  })

  const record = fc.record({
    kind: fc.nat(17),
    port: fc.nat(64),
    number: fc.nat(),
    body: fc.uint8Array({ maxLength: 60 }),
  })
  it('are read as they were written, wherever the stream is cut', () => {
    fc.assert(
      fc.property(fc.array(record), fc.array(fc.nat()), (records, places) => {
        const reader = new RecordReader()
        const plain = (each: LabRecord) => ({ ...each, body: [...each.body] })
        const pieces = cut(joined(records.map(writeRecord)), places)
        expect(pieces.flatMap(piece => reader.read(piece)).map(plain)).toEqual(records.map(plain))
      }),
    )
  })

  it('are refused when they are longer than any frame, to be written and when read', () => {
    const text = `a frame of ${FRAME_MAX + 1} bytes (at most ${FRAME_MAX})`
    expect(() => writeRecord({ kind: RECORD.FRAME, port: 0, number: 0, body: new Uint8Array(FRAME_MAX + 1) })).toThrow(
      text,
    )
    const long = writeRecord({ kind: RECORD.FRAME, port: 0, number: 0, body: new Uint8Array(0) })
    new DataView(long.buffer).setUint32(4, FRAME_MAX + 1, true)
    expect(() => new RecordReader().read(long)).toThrow(`a record of ${FRAME_MAX + 1} bytes (at most ${FRAME_MAX})`)
  })
})
