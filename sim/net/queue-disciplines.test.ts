import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Instant } from '../../impl/box.ts'
import { ipEcn } from '../../impl/ip/packet.ts'
import { setEcn } from '../../impl/ip/rewrite.ts'
import type { Link } from '../../scenarios/language/topology.ts'
import { seededRandom } from '../random.ts'
import { Bucket } from './bucket.ts'
import { Codel, controlLaw, squareRoot } from './codel.ts'
import { Line, type Parcel } from './discipline.ts'
import { FqCodel, flowHash } from './fq-codel.ts'
import { CableBench, sized } from './link-bench.ts'
import { udp } from './testing.ts'

const MS = 1_000_000

function parcel(n: number, came: number, bytes: Uint8Array): Parcel {
  return { packet: { id: { box: 'p', n }, copy: 0, bytes }, via: undefined, jitter: 0, loose: false, came }
}

describe('the token bucket', () => {
  it('lets at most burst + rate × time through, in every window', () => {
    const size = fc.integer({ min: 28, max: 1500 })
    const steps = fc.array(fc.record({ wait: fc.nat({ max: 4 * MS }), size }), { minLength: 2, maxLength: 60 })
    fc.assert(
      fc.property(steps, fc.integer({ min: 1500, max: 9000 }), (packets, burst) => {
        const bench = new CableBench({ rate: '10Mbit', burst, queue: 1000 })
        const sizes = new Map<string, number>()
        let now = 0
        for (const [n, { wait, size: bytes }] of packets.entries()) {
          now += wait
          sizes.set(`${n}`, bytes)
          bench.give(now, sized(bytes))
        }
        bench.end()
        const sent = bench.seen
        expect(sent.map(({ what }) => what)).toEqual(packets.map((_, n) => `${n}`))
        for (let i = 0; i < sent.length; i++) {
          let bytes = 0
          for (let j = i; j < sent.length; j++) {
            bytes += sizes.get(sent[j]!.what)!
            // Each cost is rounded up to a nanosecond, never down; the depth is rounded down.
            expect(bytes).toBeLessThanOrEqual(burst + ((sent[j]!.at - sent[i]!.at) * 10) / 8000 + 1)
          }
        }
      }),
    )
  })

  it('is never idle while something waits and there are tokens: a literal bucket sends at the same instants', () => {
    const packets = fc.array(fc.record({ wait: fc.nat({ max: 2000 }), size: fc.integer({ min: 100, max: 1500 }) }), {
      minLength: 1,
      maxLength: 40,
    })
    fc.assert(
      fc.property(packets, list => {
        // 8 Mbit/s is a byte a microsecond: the literal bucket is filled microsecond by microsecond, without rounding.
        const burst = 3000
        const bench = new CableBench({ rate: '8Mbit', burst })
        let now = 0
        const expected: number[] = []
        let tokens = burst
        let at = 0
        for (const { wait, size } of list) {
          now += wait
          bench.give(now * 1000, sized(size))
          while (at < now || tokens < size) {
            tokens = Math.min(burst, tokens + 1)
            at++
          }
          tokens -= size
          expected.push(at * 1000)
        }
        bench.end()
        expect(bench.seen.map(seen => seen.at)).toEqual(expected)
      }),
    )
  })

  it('keeps what it holds when rate and depth change', () => {
    const bucket = new Bucket()
    bucket.set(0, 8_000_000, 3000)
    bucket.take(0, 3000)
    expect(bucket.readyAt(0, 1000)).toBe(1000 * 1000)
    // After 500 µs 500 bytes are there; at a tenth of the rate the other 500 take 5 ms.
    bucket.set(500_000, 800_000, 3000)
    expect(bucket.readyAt(500_000, 1000)).toBe(500_000 + 5 * MS)
    bucket.set(500_000, 800_000, 200)
    expect(bucket.has(500_000, 200)).toBe(true)
    expect(bucket.has(500_000, 201)).toBe(false)
    expect(bucket.readyAt(500_000, 5000)).toBe(500_000)
  })

  it('polices without a queue', () => {
    const bench = new CableBench({ police: { rate: '8Mbit', burst: 2000 } })
    for (const at of [0, 0, 0, 500, 1000, 5000]) bench.give(at * 1000, sized(1000))
    bench.give(100 * MS, sized(1400))
    bench.give(100 * MS, sized(601))
    expect(bench.end()).toEqual([
      '0 0',
      '0 1',
      '0 2 policed',
      '500000 3 policed',
      '1000000 4',
      '5000000 5',
      `${100 * MS} 6`,
      `${100 * MS} 7 policed`,
    ])
  })
})

describe('the shaper', () => {
  const events = fc.array(
    fc.record({ wait: fc.nat({ max: 3 * MS }), size: fc.integer({ min: 28, max: 1500 }), rate: fc.nat({ max: 9 }) }),
    { maxLength: 60 },
  )

  it('with drop-tail does what the plain queue does, packet by packet', () => {
    fc.assert(
      fc.property(events, fc.integer({ min: 1, max: 6 }), fc.boolean(), (list, queue, jittery) => {
        const run = (extra: Link) => {
          const jitter = jittery ? { jitter: '3ms' as const, reorder: true } : {}
          const bench = new CableBench({ rate: '4Mbit', delay: '5ms', queue, ...jitter, ...extra })
          let now = 0
          for (const { wait, size, rate } of list) {
            now += wait
            if (rate === 0) bench.set(now, { rate: '2Mbit' })
            if (rate === 1) bench.set(now, { rate: '20Mbit', delay: '1ms' })
            bench.give(now, sized(size))
          }
          return bench.end()
        }
        // A limit in bytes that is never reached makes it a shaper's work.
        expect(run({ queue_bytes: 10_000_000 })).toEqual(run({}))
      }),
    )
  })

  it('keeps the limit in bytes, and takes one packet however large when idle', () => {
    const bench = new CableBench({ rate: '8Mbit', queue_bytes: 1000 })
    for (const size of [1500, 600, 400, 100]) bench.give(0, sized(size))
    bench.give(1500_000, sized(500))
    expect(bench.end()).toEqual(['0 3 queue-full', '1500000 0', '2100000 1', '2500000 2', '3000000 4'])
  })

  it('hands over who waits when the discipline changes in mid-flow, and loses nobody', () => {
    const bench = new CableBench({ rate: '8Mbit' })
    for (let n = 0; n < 4; n++) bench.give(0, sized(1000))
    bench.set(500_000, { discipline: { kind: 'codel' } })
    bench.set(1_500_000, { discipline: { kind: 'fq-codel' } })
    bench.set(2_500_000, { discipline: { kind: 'drop-tail' } })
    expect(bench.end()).toEqual(['1000000 0', '2000000 1', '3000000 2', '4000000 3'])
  })

  it('conserves: what goes in comes out, is dropped, or is held', () => {
    const kinds = fc.constantFrom<Link>(
      { queue_bytes: 4000 },
      { burst: 3000, queue: 4 },
      { discipline: { kind: 'codel', target: '1ms', interval: '10ms' } },
      { discipline: { kind: 'fq-codel', target: '1ms', interval: '10ms', flows: 4, quantum: 300 }, queue: 9 },
      { discipline: { kind: 'drop-tail' }, rate: '1Mbit' },
      { cut: true },
      { cut: false },
      { burst: 1500, discipline: { kind: 'codel', target: '1ms', interval: '5ms', ecn: false } },
    )
    const event = fc.record({
      wait: fc.nat({ max: MS }),
      size: fc.integer({ min: 28, max: 1500 }),
      port: fc.nat({ max: 5 }),
      link: fc.option(kinds, { freq: 6 }),
    })
    fc.assert(
      fc.property(fc.array(event, { maxLength: 80 }), fc.nat({ max: 40 * MS }), (list, stop) => {
        const bench = new CableBench({ rate: '4Mbit', delay: '2ms' })
        let now = 0
        for (const { wait, size, port, link } of list) {
          now += wait
          if (link !== null) bench.set(now, link)
          bench.give(now, udp(`192.0.2.1:${port + 1}`, '192.0.2.2:9', { size: size - 28 }))
        }
        bench.until(now + stop)
        const ids = bench.seen.map(({ what }) => Number.parseInt(what, 10))
        for (const packet of bench.cable.holding()) ids.push(packet.id.n)
        expect(ids.sort((a, b) => a - b)).toEqual(list.map((_, n) => n))
        bench.end()
        expect([...bench.cable.holding()]).toEqual([])
      }),
    )
  })
})

/** CoDel written down once more, as slowly as the RFC's prose: every decision from the whole history. */
class SlowCodel {
  readonly lost: number[] = []
  readonly row: { readonly n: number; readonly came: number; readonly size: number }[] = []
  readonly #target: number
  readonly #interval: number
  /** Since when every packet that left had waited too long, with more than one packet behind it. */
  #badSince: number | undefined
  #episode: { next: number; drops: number; base: number } | undefined
  #last: { next: number; drops: number; base: number } | undefined

  constructor(target: number, interval: number) {
    this.#target = target
    this.#interval = interval
  }

  take(now: number): number | undefined {
    let [head, ripe] = this.#head(now)
    if (this.#episode !== undefined) {
      while (this.#episode !== undefined && ripe && head !== undefined && now >= this.#episode.next) {
        this.lost.push(head)
        this.#episode.drops++
        ;[head, ripe] = this.#head(now)
        if (ripe) this.#episode.next += this.#step(this.#episode.drops)
      }
      if (!ripe) {
        this.#last = this.#episode
        this.#episode = undefined
      }
      return head
    }
    if (!ripe || head === undefined) return head
    this.lost.push(head)
    ;[head] = this.#head(now)
    const recent = this.#last !== undefined && now - this.#last.next < 16 * this.#interval
    const delta = this.#last === undefined ? 0 : this.#last.drops - this.#last.base
    const drops = recent && delta > 1 ? delta : 1
    this.#episode = { drops, base: drops, next: now + this.#step(drops) }
    return head
  }

  #head(now: number): [number | undefined, boolean] {
    const head = this.row.shift()
    const behind = this.row.reduce((sum, { size }) => sum + size, 0)
    if (head === undefined || now - head.came < this.#target || behind <= 1514) {
      this.#badSince = undefined
      return [head?.n, false]
    }
    this.#badSince ??= now
    return [head.n, now - this.#badSince >= this.#interval]
  }

  #step(count: number): number {
    let root = 0n
    const square = (BigInt(this.#interval) * BigInt(this.#interval)) / BigInt(count)
    for (let bit = 1n << 40n; bit > 0n; bit >>= 1n) if ((root + bit) * (root + bit) <= square) root += bit
    return Number(root)
  }
}

describe('CoDel', () => {
  it('is its slow twin', () => {
    const load = fc.array(
      fc.record({
        arrivals: fc.array(fc.integer({ min: 200, max: 1500 }), { maxLength: 6 }),
        wait: fc.integer({ min: 1, max: 9 }),
      }),
      { minLength: 10, maxLength: 150 },
    )
    let drops = 0
    let deep = 0
    fc.assert(
      fc.property(load, fc.integer({ min: 1, max: 6 }), (rounds, speed) => {
        const lost: number[] = []
        const codel = new Codel({ target_ns: 5 * MS, interval_ns: 20 * MS, ecn: false }, (_, packet) =>
          lost.push(packet.id.n),
        )
        const slow = new SlowCodel(5 * MS, 20 * MS)
        const line = new Line()
        let now = 1
        let n = 0
        for (const { arrivals, wait } of rounds) {
          for (const size of arrivals) {
            line.push(parcel(n, now, new Uint8Array(size)))
            slow.row.push({ n, came: now, size })
            n++
          }
          now += wait * MS
          for (let i = 0; i < Math.ceil(wait / speed); i++)
            expect(codel.shift(now, line)?.packet.id.n).toBe(slow.take(now))
          expect(lost).toEqual(slow.lost)
        }
        drops += lost.length
        deep = Math.max(deep, lost.length)
      }),
      { seed: 7, numRuns: 200 },
    )
    // The property is not empty: there were episodes with many drops.
    expect(drops).toBeGreaterThan(500)
    expect(deep).toBeGreaterThan(8)
  })

  it('takes integer square roots', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 1n << 120n }), value => {
        const root = squareRoot(value)
        expect(root * root <= value && value < (root + 1n) * (root + 1n)).toBe(true)
      }),
    )
    expect([1, 2, 3, 4, 100].map(count => controlLaw(100 * MS, count))).toEqual([
      100_000_000, 70_710_678, 57_735_026, 50_000_000, 10_000_000,
    ])
    expect(controlLaw(100 * MS, 1_000_000)).toBe(100_000)
  })

  it('marks what is ECT and drops nothing of it; ecn: false drops it', () => {
    const run = (ecn: boolean, bits: number) => {
      const bench = new CableBench({ rate: '1Mbit', discipline: { kind: 'codel', ecn } })
      for (let n = 0; n < 300; n++) {
        const bytes = sized(1000)
        setEcn(bytes, bits)
        bench.give(n * 6 * MS, bytes)
      }
      bench.end()
      const marks = bench.seen.filter(({ bytes }) => bytes !== undefined && ipEcn(bytes) === 3).length
      return { marks, drops: bench.seen.filter(({ what }) => what.endsWith(' codel')).length }
    }
    const dropped = run(true, 0)
    expect(dropped.marks).toBe(0)
    expect(dropped.drops).toBeGreaterThan(5)
    expect(run(false, 1)).toEqual({ marks: 0, drops: dropped.drops })
    for (const bits of [1, 2]) {
      const { marks, drops } = run(true, bits)
      expect(drops).toBe(0)
      expect(marks).toBeGreaterThan(5)
    }
  })

  it('brings a standing queue down, where drop-tail lets it stand', () => {
    const longest = (link: Link) => {
      const bench = new CableBench({ rate: '1Mbit', queue: 1000, ...link })
      const sent = new Map<string, number>()
      for (let n = 0; n < 2000; n++) {
        sent.set(`${n}`, n * 7.9 * MS)
        bench.give(n * 7.9 * MS, sized(1000))
      }
      bench.end()
      const waits = bench.seen.flatMap(({ at, what }) => (sent.has(what) ? [at - sent.get(what)!] : []))
      return waits.at(-1)! / MS
    }
    expect(longest({})).toBeGreaterThan(190)
    expect(longest({ discipline: { kind: 'codel' } })).toBeLessThan(60)
  })
})

describe('fq_codel', () => {
  const options = {
    target_ns: 5 * MS,
    interval_ns: 100 * MS,
    ecn: true,
    flows: 1024,
    quantum: 1514,
    limit: 100,
    seed: 1,
  }
  const from = (port: number, size: number) => udp(`192.0.2.1:${port}`, '192.0.2.2:9', { size })

  it('serves flows in turn by bytes, a new one first', () => {
    const fq = new FqCodel(options, () => {})
    for (let n = 0; n < 6; n++) fq.push(0, parcel(n, 0, from(1, 1472)))
    for (let n = 10; n < 14; n++) fq.push(0, parcel(n, 0, from(2, 722)))
    const order = [fq.shift(0), fq.shift(0), fq.shift(0)].map(each => each?.packet.id.n)
    fq.push(0, parcel(99, 0, from(3, 100)))
    for (let each = fq.shift(0); each !== undefined; each = fq.shift(0)) order.push(each.packet.id.n)
    // 1500 of 1514 leave a flow one more packet in its turn; the new flow 99 goes before all that had theirs.
    expect(order).toEqual([0, 1, 10, 11, 12, 99, 2, 13, 3, 4, 5])
    expect([fq.length, fq.bytes]).toEqual([0, 0])
  })

  it('keeps the order within a flow, and its counts, whatever comes', () => {
    const event = fc.record({
      port: fc.integer({ min: 1, max: 6 }),
      size: fc.nat({ max: 1472 }),
      shifts: fc.nat({ max: 3 }),
    })
    fc.assert(
      fc.property(
        fc.array(event, { maxLength: 120 }),
        fc.integer({ min: 1, max: 20 }),
        fc.nat(),
        (list, limit, seed) => {
          const gone: number[] = []
          const fq = new FqCodel({ ...options, limit, seed, flows: 3 }, (_, { id }) => gone.push(id.n))
          const ports = new Map<number, number>()
          const out: number[] = []
          let now = 0
          for (const [n, { port, size, shifts }] of list.entries()) {
            now += 3 * MS
            ports.set(n, port)
            fq.push(now, parcel(n, now, from(port, size)))
            expect(fq.length).toBeLessThanOrEqual(limit)
            for (let i = 0; i < shifts; i++) out.push(...[fq.shift(now)].flatMap(each => each?.packet.id.n ?? []))
            expect(fq.length).toBe([...fq.holding()].length)
            expect(fq.bytes).toBe([...fq.holding()].reduce((sum, { packet }) => sum + packet.bytes.length, 0))
          }
          for (const port of new Set(ports.values())) {
            const own = out.filter(n => ports.get(n) === port)
            expect(own).toEqual([...own].sort((a, b) => a - b))
          }
          const left = fq.clear().map(each => each.packet.id.n)
          expect([...out, ...gone, ...left].sort((a, b) => a - b)).toEqual([...ports.keys()])
          expect([fq.length, fq.bytes, fq.shift(now)]).toEqual([0, 0, undefined])
        },
      ),
    )
  })

  it('makes room at the head of the longest flow', () => {
    const gone: number[] = []
    const fq = new FqCodel({ ...options, limit: 3 }, (_, { id }) => gone.push(id.n))
    for (let n = 0; n < 3; n++) fq.push(0, parcel(n, 0, from(1, 1000)))
    fq.push(0, parcel(10, 0, from(2, 100)))
    expect(gone).toEqual([0])
  })

  it('hashes the outer ends, and fragments of one datagram alike', () => {
    const a = from(1, 3000)
    const b = from(2, 3000)
    expect(flowHash(a, 1)).toBe(flowHash(from(1, 7), 1))
    expect(flowHash(a, 1)).not.toBe(flowHash(b, 1))
    expect(flowHash(a, 1)).not.toBe(flowHash(a, 2))
    const first = a.slice()
    first[6] = 0x20
    const second = a.slice()
    second[7] = 100
    expect(flowHash(first, 1)).toBe(flowHash(second, 1))
    const six = (port: number) => udp(`[2001:db8::1]:${port}`, '[2001:db8::2]:9', { size: 10 })
    expect(flowHash(six(1), 1)).not.toBe(flowHash(six(2), 1))
    // Spread over 1024 queues by ports alone, 1000 flows share few: a fair dice would leave 377 queues empty ± 12.
    const used = new Set(Array.from({ length: 1000 }, (_, n) => flowHash(from(n + 1, 0), 9) % 1024)).size
    expect(used).toBeGreaterThan(580)
    expect(flowHash(new Uint8Array(3), 1)).toBeTypeOf('number')
  })

  it('gives a thin flow its way past a thick one, where drop-tail makes it wait', () => {
    const wait = (link: Link) => {
      const bench = new CableBench({ rate: '1Mbit', queue: 200, ...link })
      for (let n = 0; n < 100; n++) bench.give(0, from(1, 1472))
      bench.give(1 * MS, from(2, 100))
      bench.end()
      return bench.seen.find(({ what }) => what === '100')!.at
    }
    expect(wait({})).toBe(100 * 12 * MS + 1_024_000)
    expect(wait({ discipline: { kind: 'fq-codel' } })).toBe(2 * 12 * MS + 1_024_000)
  })
})

it('two cables with one seed are one cable', () => {
  const run = (seed: string) => {
    const bench = new CableBench({ rate: '1Mbit', discipline: { kind: 'fq-codel', flows: 2 }, queue: 8 }, seed)
    const dice = seededRandom('traffic')
    for (let n = 0; n < 300; n++) bench.give((n * 5 * MS) as Instant, from(1 + dice.below(9), dice.below(1400)))
    return bench.end()
  }
  const from = (port: number, size: number) => udp(`192.0.2.1:${port}`, '192.0.2.2:9', { size })
  expect(run('1')).toEqual(run('1'))
  expect(run('1')).not.toEqual(run('2'))
})
