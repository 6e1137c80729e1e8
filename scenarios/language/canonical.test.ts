import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CanonicalEncoder, rowFromJson, rowToJson } from './canonical.ts'
import type { Row } from './trace.ts'

const t = fc.nat(Number.MAX_SAFE_INTEGER)
const integer = fc.maxSafeInteger()
const word = fc.oneof(fc.constantFrom('alice', 'bob:internet', 'nat', ''), fc.string({ unit: 'binary' }))
const packet = fc.record({ box: fc.constantFrom('alice', 'bob', 'a/b'), n: t })
const layer = fc.constantFrom('wire' as const, 'inner' as const)
const some = { requiredKeys: [] as never[] }

/** Rows with every optional field there or not. */
const anyRow: fc.Arbitrary<Row> = fc.oneof(
  fc
    .tuple(
      fc.record({
        t,
        at: word,
        dir: fc.constantFrom('born' as const, 'out' as const, 'in' as const, 'done' as const),
        layer,
        packet,
        copy: t,
        size: t,
      }),
      fc.record({ bytes: fc.uint8Array({ maxLength: 40 }), cause: packet }, some),
    )
    .map(([must, may]) => ({ kind: 'hop' as const, ...must, ...may })),
  fc
    .tuple(fc.record({ t, at: word, layer, packet, copy: t, reason: word }), fc.record({ detail: word }, some))
    .map(([must, may]) => ({ kind: 'drop' as const, ...must, ...may })),
  fc
    .tuple(
      fc.record({
        t,
        host: word,
        peer: word,
        timer: word,
        what: fc.constantFrom('set' as const, 'cancelled' as const, 'fired' as const),
        reason: word,
      }),
      fc.record({ due: integer }, some),
    )
    .map(([must, may]) => ({ kind: 'timer' as const, ...must, ...may })),
  fc
    .tuple(
      fc.record({ t, host: word, peer: word, what: word }),
      fc.record(
        { role: fc.constantFrom('initiator' as const, 'responder' as const), local_index: t, remote_index: t },
        some,
      ),
    )
    .map(([must, may]) => ({ kind: 'key' as const, ...must, ...may })),
  fc
    .record({
      t,
      host: word,
      iface: word,
      peer: word,
      endpoint: word,
      latest_handshake: fc.option(integer),
      rx_bytes: t,
      tx_bytes: t,
      allowed_ips: fc.array(word),
      keepalive_s: t,
    })
    .map(row => ({ kind: 'state' as const, ...row })),
  fc
    .record({ t, host: word, wall_sec: integer, wall_nsec: t, what: word })
    .map(row => ({ kind: 'clock' as const, ...row })),
  fc
    .tuple(
      fc.record({
        t,
        step: word,
        host: word,
        what: fc.constantFrom(
          'begun' as const,
          'sent' as const,
          'arrived' as const,
          'answered' as const,
          'error' as const,
          'satisfied' as const,
          'failed' as const,
          'done' as const,
        ),
      }),
      fc.record({ seq: t, packet, detail: word, bytes: t }, some),
    )
    .map(([must, may]) => ({ kind: 'step' as const, ...must, ...may })),
  fc
    .record({ t, at: word, text: word, level: fc.constantFrom('info' as const, 'warning' as const) })
    .map(row => ({ kind: 'note' as const, ...row })),
)

function encode(rows: readonly Row[]): Buffer {
  const chunks: Uint8Array[] = []
  const encoder = new CanonicalEncoder(chunk => chunks.push(chunk.slice()))
  for (const row of rows) encoder.row(row)
  encoder.end()
  return Buffer.concat(chunks)
}

/** The stream read back by the description at the top of canonical.ts alone. */
function decode(bytes: Buffer): Row[] {
  let at = 6
  expect(bytes.toString('latin1', 0, 6)).toBe('wglab\x01')
  const names: string[] = []
  const byte = () => bytes.readUInt8(at++)
  const skip = (size: number) => {
    at += size
    return at - size
  }
  const u32 = () => bytes.readUInt32LE(skip(4))
  const int = () => bytes.readDoubleLE(skip(8))
  const raw = () => {
    const size = u32()
    const start = skip(size)
    return Uint8Array.from(bytes.subarray(start, start + size))
  }
  const text = () => wtf8(raw())
  const name = () => names[u32()] ?? 'no such name'
  const ref = () => ({ box: name(), n: int() })
  const layers = ['wire', 'inner'] as const
  const rows: Row[] = []
  for (;;) {
    const tag = byte()
    if (tag === 0) names.push(text())
    else if (tag === 1) {
      const [t, at, flags] = [int(), name(), byte()]
      const head = {
        kind: 'hop' as const,
        t,
        at,
        dir: (['born', 'out', 'in', 'done'] as const)[flags & 3] ?? 'born',
        layer: layers[(flags >> 2) & 1] ?? 'wire',
      }
      const body = { packet: ref(), copy: int(), size: int() }
      const cause = flags & 16 ? { cause: ref() } : {}
      rows.push({ ...head, ...body, ...cause, ...(flags & 8 ? { bytes: raw() } : {}) })
    } else if (tag === 2) {
      const [t, at, flags] = [int(), name(), byte()]
      const body = { packet: ref(), copy: int(), reason: name() }
      rows.push({
        kind: 'drop',
        t,
        at,
        layer: layers[flags & 1] ?? 'wire',
        ...body,
        ...(flags & 2 ? { detail: text() } : {}),
      })
    } else if (tag === 3) {
      const [t, host, peer, timer, reason, flags] = [int(), name(), name(), name(), name(), byte()]
      const what = (['set', 'cancelled', 'fired'] as const)[flags & 3] ?? 'set'
      rows.push({ kind: 'timer', t, host, peer, timer, what, reason, ...(flags & 4 ? { due: int() } : {}) })
    } else if (tag === 4) {
      const [t, host, peer, what, flags] = [int(), name(), name(), name(), byte()]
      const role = ([undefined, 'initiator', 'responder'] as const)[flags & 3]
      const local = flags & 4 ? { local_index: int() } : {}
      const remote = flags & 8 ? { remote_index: int() } : {}
      rows.push({ kind: 'key', t, host, peer, what, ...(role ? { role } : {}), ...local, ...remote })
    } else if (tag === 5) {
      const [t, host, iface, peer, endpoint] = [int(), name(), name(), name(), name()]
      const latest_handshake = byte() === 1 ? int() : null
      const [rx_bytes, tx_bytes, keepalive_s] = [int(), int(), int()]
      const allowed_ips = Array.from({ length: u32() }, name)
      rows.push({
        kind: 'state',
        t,
        host,
        iface,
        peer,
        endpoint,
        latest_handshake,
        rx_bytes,
        tx_bytes,
        keepalive_s,
        allowed_ips,
      })
    } else if (tag === 6)
      rows.push({ kind: 'clock', t: int(), host: name(), wall_sec: int(), wall_nsec: int(), what: text() })
    else if (tag === 7) {
      const [t, step, host, flags] = [int(), name(), name(), byte()]
      const what =
        (['begun', 'sent', 'arrived', 'answered', 'error', 'satisfied', 'failed', 'done'] as const)[flags & 7] ??
        'begun'
      const seq = flags & 8 ? { seq: int() } : {}
      const packet = flags & 16 ? { packet: ref() } : {}
      const detail = flags & 32 ? { detail: text() } : {}
      const bytes = flags & 64 ? { bytes: int() } : {}
      rows.push({ kind: 'step', t, step, host, what, ...seq, ...packet, ...detail, ...bytes })
    } else if (tag === 8) {
      const [t, at, flags] = [int(), name(), byte()]
      rows.push({ kind: 'note', t, at, level: flags & 1 ? 'warning' : 'info', text: text() })
    } else {
      expect([tag, int(), at]).toEqual([9, rows.length, bytes.length])
      return rows
    }
  }
}

/** UTF-8 that also reads the three bytes of a lone surrogate. */
function wtf8(bytes: Uint8Array): string {
  let out = ''
  for (let i = 0; i < bytes.length; ) {
    const first = bytes[i] ?? 0
    const size = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4
    let code = size === 1 ? first : first & (0x7f >> size)
    for (let j = 1; j < size; j++) code = (code << 6) | ((bytes[i + j] ?? 0) & 63)
    out += String.fromCodePoint(code)
    i += size
  }
  return out
}

const backwards = (row: Row): Row => Object.fromEntries(Object.entries(row).reverse()) as unknown as Row

describe('the canonical bytes', () => {
  test('read back as the same rows, whatever the order of their fields', () => {
    fc.assert(
      fc.property(fc.array(anyRow, { maxLength: 12 }), rows => {
        const bytes = encode(rows)
        expect(decode(bytes)).toEqual(rows)
        expect(encode(rows.map(backwards)).equals(bytes)).toBe(true)
      }),
      { numRuns: 300 },
    )
  })

  test('chunks of any size join to the same stream, also around rows larger than a chunk', () => {
    const big = (size: number): Row => ({
      kind: 'hop',
      t: 1,
      at: 'a',
      dir: 'in',
      layer: 'wire',
      packet: { box: 'a', n: 1 },
      copy: 0,
      size,
      bytes: new Uint8Array(size).fill(7),
    })
    const rows = [big(65_000), big(500), big(200_000), big(0), ...Array.from({ length: 3000 }, (_, n) => big(n % 90))]
    expect(decode(encode(rows))).toEqual(rows)
  })

  test('minus zero is zero; what is no safe integer, and an unknown word, is refused', () => {
    const row = (t: number): Row => ({ kind: 'note', t, at: 'a', text: 'x', level: 'info' })
    expect(encode([row(-0)]).equals(encode([row(0)]))).toBe(true)
    expect(() => encode([row(0.5)])).toThrow('not an integer that a trace can hold: 0.5')
    expect(() => encode([{ ...row(0), level: 'loud' } as unknown as Row])).toThrow(
      'the trace does not know the word "loud"',
    )
  })

  test('a whole small stream, byte by byte', () => {
    expect(encode([{ kind: 'note', t: 1, at: 'é', text: 'hi', level: 'warning' }]).toString('hex')).toBe(
      [
        '77676c6162' + '01',
        '00' + '02000000' + 'c3a9',
        '08' + '000000000000f03f' + '00000000' + '01' + '02000000' + '6869',
        '09' + '000000000000f03f',
      ].join(''),
    )
  })
})

describe('JSON lines', () => {
  test('read back as the same rows', () => {
    fc.assert(
      fc.property(anyRow, row => {
        expect(rowFromJson(rowToJson(row))).toEqual(row)
        expect(rowToJson(backwards(row))).toBe(rowToJson(row))
      }),
      { numRuns: 500 },
    )
  })

  test('one line, fields in order', () => {
    const packet = { box: 'alice', n: 12 }
    expect(
      rowToJson({
        size: 2,
        bytes: Uint8Array.of(0, 255),
        kind: 'hop',
        at: 'alice:internet',
        dir: 'out',
        layer: 'wire',
        packet,
        copy: 0,
        t: 5,
      }),
    ).toBe(
      '{"kind":"hop","t":5,"at":"alice:internet","dir":"out","layer":"wire","packet":"alice/12","copy":0,"size":2,"bytes":"00ff"}',
    )
  })

  test.each([
    ['{', 'not JSON'],
    ['[]', 'not an object'],
    ['{"kind":"hip"}', 'there is no row of kind "hip" (hop, drop, timer, key, state, clock, step, note)'],
    ['{"kind":"note","t":1.5,"at":"a","text":"","level":"info"}', 'the field "t" is not right: 1.5'],
    ['{"kind":"note","t":1,"at":"a","text":"","level":"loud"}', 'the field "level" is not right: "loud"'],
    ['{"kind":"note","t":1,"at":"a","level":"info"}', 'the field "text" is missing'],
    [
      '{"kind":"drop","t":1,"at":"a","layer":"wire","packet":"alice","copy":0,"reason":"x"}',
      'no packet id: "alice" (write alice/12)',
    ],
    [
      '{"kind":"hop","t":1,"at":"a","dir":"in","layer":"wire","packet":"a/1","copy":0,"size":1,"bytes":"0"}',
      'the field "bytes" is not right: "0"',
    ],
  ])('%s: %s', (line, message) => expect(() => rowFromJson(line)).toThrow(new RangeError(message)))
})
