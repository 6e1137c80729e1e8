import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ACK, FIN, PSH, RST, SYN } from '../../../impl/ip/tcp.ts'
import { CWR, ECE } from './segment.ts'
import { type Fate, type Flight, Line } from './testing.ts'

const MS = 1_000_000
const S = 1_000_000_000

function bytes(length: number, seed = 1): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 31 + (i >>> 8) * 7 + seed) & 0xff)
}

function same(got: readonly number[], sent: Uint8Array): boolean {
  return got.length === sent.length && got.every((byte, i) => byte === sent[i])
}

function flagsText(flags: number): string {
  const names: [number, string][] = [
    [SYN, 'SYN'],
    [FIN, 'FIN'],
    [RST, 'RST'],
    [PSH, 'PSH'],
    [ACK, 'ACK'],
    [ECE, 'ECE'],
    [CWR, 'CWR'],
  ]
  return names.flatMap(([bit, name]) => ((flags & bit) !== 0 ? [name] : [])).join(' ')
}

/** From the SYN on, in numbers that begin with 0. */
function told({ t, from, flags, sequence, acknowledgement, length, why }: Flight): string {
  const own = from === 'a' ? 0xffff_ff00 : 77
  const other = from === 'a' ? 77 : 0xffff_ff00
  const ack = (flags & ACK) !== 0 ? ` ack ${(acknowledgement - other) >>> 0}` : ''
  return `${t / MS} ${from} ${flagsText(flags)} ${(sequence - own) >>> 0}+${length}${ack} ${why}`
}

test('a small request and its answer, to the last segment', () => {
  const line = new Line({ up: bytes(300), down: bytes(3000, 9) })
  line.run(100 * S)
  expect(line.flights.map(told)).toEqual([
    '0 a SYN 0+0 new',
    '10 b SYN ACK 0+0 ack 1 new',
    '20 a PSH ACK 1+300 ack 1 new',
    '20 a FIN PSH ACK 301+0 ack 1 new',
    '30 b ACK 1+1448 ack 1 new',
    '30 b ACK 1449+1448 ack 1 new',
    '30 b PSH ACK 2897+104 ack 1 new',
    '30 b FIN PSH ACK 3001+0 ack 1 new',
    '30 b ACK 3002+0 ack 301 control',
    '30 b ACK 3002+0 ack 302 control',
    '40 a ACK 302+0 ack 1449 control',
    '40 a ACK 302+0 ack 2897 control',
    '40 a ACK 302+0 ack 3001 control',
    '40 a ACK 302+0 ack 3002 control',
  ])
  expect(line.a.got).toEqual([...bytes(3000, 9)])
  expect(line.b.got).toEqual([...bytes(300)])
  expect(line.a.story).toEqual(['connected', 'ended', 'finished', 'closed'])
  expect(line.b.story).toEqual(['connected', 'ended', 'finished', 'closed'])
  expect([line.a.connection.state, line.b.connection.state]).toEqual(['closed', 'closed'])
})

describe('a stream comes out once and in order, whatever the line does', () => {
  const fates = fc.array(
    fc.oneof(
      { weight: 6, arbitrary: fc.constant<Fate>([10 * MS]) },
      { weight: 2, arbitrary: fc.constant<Fate>([]) },
      { weight: 1, arbitrary: fc.constant<Fate>([10 * MS, 10 * MS]) },
      { weight: 1, arbitrary: fc.integer({ min: 0, max: 300 }).map<Fate>(ms => [ms * MS]) },
      { weight: 1, arbitrary: fc.integer({ min: 0, max: 900 }).map<Fate>(ms => [ms * MS, 20 * MS]) },
    ),
    { minLength: 1, maxLength: 120 },
  )
  const side = fc.record({
    congestion: fc.constantFrom('reno' as const, 'cubic' as const),
    sack: fc.boolean(),
    timestamps: fc.boolean(),
    ecn: fc.boolean(),
    mtuProbing: fc.constantFrom(0 as const, 1 as const, 2 as const),
    window: fc.constantFrom(2048, 20_000, 65_535, 3_145_728),
  })
  const sizes = fc.constantFrom(0, 1, 100, 1448, 1449, 5000, 60_000)

  test('random loss, order, copies, settings, sizes, both ways', () => {
    fc.assert(
      fc.property(
        fates,
        side,
        side,
        sizes,
        sizes,
        fc.constantFrom(1500, 1280, 576, 300),
        (plan, a, b, up, down, mtu) => {
          const line = new Line({
            up: bytes(up, 3),
            down: bytes(down, 5),
            a,
            b,
            mtu,
            // The plan is for the first segments; after it the line is good, so that the end comes.
            fate: (_, n) => plan[n] ?? [10 * MS],
            mark: ({ sequence }) => sequence % 7 === 0,
          })
          line.run(3000 * S)
          const gone = line.a.story.some(text => text.includes('timed out'))
          // Seven SYNs in a row may be lost, or what the accepting side repeats.
          if (gone || !line.b.story.includes('connected')) return
          expect(line.b.got.length).toBe(up)
          expect(same(line.b.got, line.a.stream)).toBe(true)
          expect(same(line.a.got, line.b.stream)).toBe(true)
          expect([line.a.connection.state, line.b.connection.state]).toEqual(['closed', 'closed'])
          expect(line.a.story.filter(text => text.startsWith('closed'))).toEqual(['closed'])
        },
      ),
      { numRuns: 120 },
    )
  })

  test('steady loss of a tenth of everything, with each kind of control', () => {
    fc.assert(
      fc.property(fc.infiniteStream(fc.integer({ min: 0, max: 9 })), side, (dice, a) => {
        const line = new Line({ up: bytes(150_000), a, fate: () => (dice.next().value === 0 ? [] : [25 * MS]) })
        line.run(900 * S)
        if (!line.b.story.includes('connected')) return
        expect(line.b.got.length).toBe(150_000)
        expect(same(line.b.got, line.a.stream)).toBe(true)
      }),
      { numRuns: 12 },
    )
  })
})

describe('timeouts', () => {
  test('a SYN that nobody answers: 1, 3, 7, 15, 31, 63 s, and an end at 127 s', () => {
    const line = new Line({ fate: () => [] })
    line.run(500 * S)
    expect(line.flights.map(({ t }) => t / S)).toEqual([0, 1, 3, 7, 15, 31, 63])
    expect(line.a.story).toEqual(['closed: connection timed out'])
  })

  test('data that nobody acknowledges doubles its distance up to 120 s, and gives up after 15', () => {
    const line = new Line({ up: bytes(1000) })
    line.run(20 * MS)
    line.fate = () => []
    line.run(3000 * S)
    const times = line.flights.flatMap(({ t, from, why }) => (from === 'a' && why === 'timeout' ? [t - 20 * MS] : []))
    const gaps = times.map((t, i) => (t - (times[i - 1] ?? 0)) / MS)
    // 20 ms there and back: 20 + max(200, 4 × 10).
    const expected = Array.from({ length: 15 }, (_, i) => Math.min(220 * 2 ** i, 120_000))
    expect(gaps).toEqual(expected)
    expect(line.a.story.at(-1)).toBe('closed: connection timed out')
  })

  test('three later ones that arrived are enough: no timeout', () => {
    const lost = new Set([1 + 1448 * 4])
    const line = new Line({
      up: bytes(30_000),
      fate: ({ from, sequence, why }) =>
        from === 'a' && why === 'new' && lost.has((sequence - 0xffff_ff00) >>> 0) ? [] : [10 * MS],
    })
    line.run(10 * S)
    expect(same(line.b.got, line.a.stream)).toBe(true)
    expect(line.flights.filter(({ why }) => why === 'lost')).toHaveLength(1)
    expect(line.a.connection.sender.timeouts).toBe(0)
  })

  test('without SACK too', () => {
    const line = new Line({
      up: bytes(30_000),
      a: { sack: false },
      fate: ({ from, sequence, why }) =>
        from === 'a' && why === 'new' && [5, 7].includes(((sequence - 0xffff_ff00 - 1) >>> 0) / 1448) ? [] : [10 * MS],
    })
    line.run(10 * S)
    expect(same(line.b.got, line.a.stream)).toBe(true)
    expect(line.flights.filter(({ why }) => why === 'lost')).toHaveLength(2)
    expect(line.a.connection.sender.timeouts).toBe(0)
  })
})

describe('windows', () => {
  test('the first flight is ten segments', () => {
    const line = new Line({ up: bytes(100_000) })
    line.run(25 * MS)
    expect(line.flights.filter(({ from, length }) => from === 'a' && length > 0)).toHaveLength(10)
  })

  test('a program that reads nothing closes the window; the sender asks until it opens', () => {
    const line = new Line({ up: bytes(20_000), b: { window: 8192 } })
    line.b.reads = false
    line.run(60 * S)
    expect(line.b.got).toHaveLength(8192)
    const asked = line.flights.flatMap(({ t, from, why }) =>
      from === 'a' && why === 'control' && t > 90 * MS ? [t] : [],
    )
    const gaps = asked.slice(1).map((t, i) => Math.round((t - asked[i]!) / (220 * MS)))
    expect(gaps).toEqual([2, 4, 8, 16, 32, 64, 128].slice(0, gaps.length))
    expect(gaps.length).toBeGreaterThan(4)
    line.b.reads = true
    line.b.connection.read(line.now, 8192)
    line.run(120 * S)
    expect(same(line.b.got, line.a.stream)).toBe(true)
  })

  test('never more on its way than was offered', () => {
    const line = new Line({ up: bytes(200_000), b: { window: 10_000 } })
    let edge = 0
    line.fate = ({ from, acknowledgement, window, sequence, length, flags }) => {
      if (from === 'b' && (flags & SYN) === 0) edge = Math.max(edge, ((acknowledgement - 0xffff_ff00) >>> 0) + window)
      if (from === 'a' && length > 0 && edge > 0) {
        expect(((sequence - 0xffff_ff00) >>> 0) + length).toBeLessThanOrEqual(edge)
      }
      return [10 * MS]
    }
    line.run(60 * S)
    expect(line.b.got).toHaveLength(200_000)
  })
})

describe('resets and strangers', () => {
  const established = (): Line => {
    const line = new Line({ up: bytes(100) })
    line.a.connection.write(line.now, 100)
    line.fate = ({ flags }) => ((flags & FIN) !== 0 ? [] : [10 * MS])
    line.run(30 * MS)
    return line
  }
  const segment = (line: Line, flags: number, sequence: number): Parameters<typeof line.a.connection.segment>[1] => ({
    sequence,
    acknowledgement: (0xffff_ff00 + 1) >>> 0,
    flags,
    window: 100,
    mss: 0,
    scale: -1,
    sackPermitted: false,
    stamp: -1,
    echo: 0,
    sacks: [],
    sackCount: 0,
  })
  const table: [string, number, number, string[]][] = [
    ['RST at the very next number', RST | ACK, 78, ['connected', 'closed: connection reset by peer']],
    ['RST elsewhere in the window is asked about (RFC 5961)', RST, 178, ['connected']],
    ['RST outside of the window', RST, 70, ['connected']],
    ['SYN in the window is asked about', SYN, 100, ['connected']],
  ]
  test.each(table)('%s', (_, flags, sequence, story) => {
    const line = established()
    line.a.connection.segment(line.now, segment(line, flags, sequence), new Uint8Array(0), false)
    expect(line.a.story).toEqual(story)
  })

  test('a port that nobody listens on', () => {
    const line = new Line({ fate: () => [] })
    line.a.connection.segment(line.now, segment(line, RST | ACK, 0), new Uint8Array(0), false)
    expect(line.a.story).toEqual(['closed: connection refused'])
  })

  test('ICMP about what is on its way is believed, about all else not (RFC 5927)', () => {
    const line = new Line({ fate: () => [] })
    line.a.connection.failed(line.now, { kind: 'host-unreachable' }, 5)
    expect(line.a.story).toEqual([])
    line.a.connection.failed(line.now, { kind: 'host-unreachable' }, 0xffff_ff00)
    expect(line.a.story).toEqual(['closed: no route to host'])
  })
})

describe('path MTU', () => {
  test('told that it is smaller: what is too large goes again in pieces, without a sign of congestion', () => {
    const line = new Line({ up: bytes(50_000) })
    line.run(20 * MS)
    const first = line.flights.find(({ from, length }) => from === 'a' && length > 0)!
    const { window } = line.a.connection.sender.congestion
    line.fate = ({ length, from }) => (from === 'a' && length > 1000 ? [] : [10 * MS])
    line.mtu.a = 1000
    line.a.connection.failed(line.now, { kind: 'too-big', mtu: 1000 }, first.sequence)
    expect(line.a.connection.sender.congestion.window).toBe(window)
    line.run(10 * S)
    expect(same(line.b.got, line.a.stream)).toBe(true)
    expect(line.a.connection.sender.timeouts).toBe(0)
  })

  const hole = (mtuProbing: 0 | 1 | 2, size: number): Line => {
    const line = new Line({ up: bytes(400_000), a: { mtuProbing }, b: { window: 30_000 } })
    // 52 bytes of headers.
    line.fate = ({ from, length }) => (from === 'a' && length + 52 > size ? [] : [10 * MS])
    line.run(200 * S)
    return line
  }
  test('a black hole: silence for ever by default', () => {
    expect(hole(0, 1300).b.got).toHaveLength(0)
  })
  test.each([1, 2] as const)('found by tcp_mtu_probing=%i, and the size to within 8 bytes', probing => {
    const line = hole(probing, 1300)
    expect(same(line.b.got, line.a.stream)).toBe(true)
    const { mss, timeouts } = line.a.connection.sender
    expect(1300 - 52 - mss).toBeGreaterThanOrEqual(0)
    expect(1300 - 52 - mss).toBeLessThan(8)
    // 0.22, 0.66, 1.54 and 3.3 s after it was sent: the last is three seconds behind the first.
    expect(timeouts).toBe(probing === 1 ? 4 : 0)
  })
  test('so small that 1024 does not pass: halved until it does', () => {
    const line = hole(1, 500)
    expect(same(line.b.got, line.a.stream)).toBe(true)
    expect(line.a.connection.sender.mss).toBeLessThanOrEqual(500 - 52)
  })
})

describe('congestion marks (RFC 3168)', () => {
  const marked = (ecn: boolean): Line => {
    let once = true
    const line = new Line({
      up: bytes(60_000),
      a: { ecn },
      mark: ({ from, sequence }) => {
        const hit = once && from === 'a' && (sequence - 0xffff_ff00) >>> 0 > 20_000
        if (hit) once = false
        return hit
      },
    })
    line.run(10 * S)
    return line
  }
  test('one mark is told, halves the window once, and is answered', () => {
    const line = marked(true)
    expect(same(line.b.got, line.a.stream)).toBe(true)
    const data = line.flights.filter(({ from, length }) => from === 'a' && length > 0)
    expect(data.filter(({ flags }) => (flags & CWR) !== 0)).toHaveLength(1)
    expect(line.flights.some(({ from, flags }) => from === 'b' && (flags & ECE) !== 0 && (flags & SYN) === 0)).toBe(
      true,
    )
    expect(line.a.connection.sender.resent).toBe(0)
    expect(line.a.connection.sender.congestion.threshold).toBeLessThan(1000)
  })
  test('who did not ask is not marked', () => {
    const line = marked(false)
    expect(line.flights.some(({ flags }) => (flags & (ECE | CWR)) !== 0)).toBe(false)
  })
})

test('keepalive: asks after the silence, nine times, 75 s apart', () => {
  const line = new Line({ up: bytes(10) })
  // Neither side closes: the FIN is held back.
  line.a.connected = () => line.a.story.push('connected')
  line.b.connected = () => line.b.story.push('connected')
  line.run(S)
  line.a.connection.keepalive(line.now, 60 * S)
  const before = line.flights.length
  line.run(100 * S)
  expect(line.flights.slice(before).map(({ from }) => from)).toEqual(['a', 'b'])
  line.fate = () => []
  line.run(3000 * S)
  const asked = line.flights.slice(before + 2).filter(({ from }) => from === 'a')
  expect(asked).toHaveLength(9)
  expect(asked.slice(1).map(({ t }, i) => (t - asked[i]!.t) / S)).toEqual(Array(8).fill(75))
  expect(line.a.story.at(-1)).toBe('closed: connection timed out')
})
