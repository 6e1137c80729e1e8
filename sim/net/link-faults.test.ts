import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkTransport, ipTos } from '../../impl/ip/packet.ts'
import { setTos } from '../../impl/ip/rewrite.ts'
import type { Link } from '../../scenarios/language/topology.ts'
import { seededRandom } from '../random.ts'
import { Chain, Jitter, quantile, tableOf } from './jitter.ts'
import { CableBench, message, sized } from './link-bench.ts'
import { GilbertElliott } from './losses.ts'
import { NORMAL_UPPER } from './normal-table.ts'
import { echo } from './testing.ts'

const MS = 1_000_000

describe('tables of delay', () => {
  it('the normal table is the normal distribution', () => {
    // P(X < x) by Simpson's rule, independent of how the table was made.
    const cdf = (x: number) => {
      const steps = 2000
      const h = x / steps
      let sum = 0
      for (let i = 0; i <= steps; i++) {
        const weight = i === 0 || i === steps ? 1 : i % 2 === 1 ? 4 : 2
        sum += weight * Math.exp(-((i * h) ** 2) / 2)
      }
      return 0.5 + (sum * h) / 3 / Math.sqrt(2 * Math.PI)
    }
    const values = NORMAL_UPPER.trim().split(/\s+/).map(Number)
    expect(values).toHaveLength(513)
    for (const [n, value] of values.entries()) {
      const wanted = n === 512 ? 1 - 0.25 / 1024 : (512 + n) / 1024
      // Half a unit of the table each way is all that rounding may have moved.
      expect(cdf((value - 0.51) / 8192)).toBeLessThan(wanted + 1e-9)
      expect(cdf((value + 0.51) / 8192)).toBeGreaterThan(wanted - 1e-9)
    }
  })

  it('the Pareto table is the cube root law, and the mixed one a quarter normal', () => {
    const pareto = tableOf('pareto')
    for (let i = 0; i <= 1024; i++) {
      const left = i === 1024 ? 0.25 / 1024 : 1 - i / 1024
      const exact = ((left ** (-1 / 3) - 1.5) / Math.sqrt(0.75)) * 8192
      expect(Math.abs(pareto[i]! - exact)).toBeLessThan(1.1)
      const mixed = (tableOf('normal')[i]! + 3 * pareto[i]!) / 4
      expect(Math.abs(tableOf('paretonormal')[i]! - mixed)).toBeLessThan(1)
    }
  })

  it.each(['normal', 'pareto', 'paretonormal'] as const)('%s: rises, with mean 0 and one standard deviation', shape => {
    const table = tableOf(shape)
    expect(table).toHaveLength(1025)
    expect([...table].sort((a, b) => a - b)).toEqual(table)
    // Every cell is met once by draws in the middle of each 2^14th.
    const values = Array.from({ length: 1 << 14 }, (_, i) => quantile(table, i * 2 ** 18 + 2 ** 17) / 8192)
    const mean = values.reduce((a, b) => a + b, 0) / values.length
    const sigma = Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length)
    expect(Math.abs(mean)).toBeLessThan(0.01)
    // The tail that a table cuts off carries a fifth of a Pareto distribution's variance.
    expect(sigma).toBeGreaterThan(shape === 'normal' ? 0.995 : 0.88)
    expect(sigma).toBeLessThan(1.1)
  })

  it('never leaves its bounds, at any draw', () => {
    const draws = fc.integer({ min: 0, max: 2 ** 32 - 1 })
    fc.assert(
      fc.property(draws, fc.constantFrom('normal', 'pareto', 'paretonormal'), (draw, shape) => {
        const table = tableOf(shape as 'normal')
        const value = quantile(table, draw)
        expect(value).toBeGreaterThanOrEqual(table[0]!)
        expect(value).toBeLessThanOrEqual(table[1024]!)
      }),
    )
  })

  it('samples are drawn as they are: at random, or in turn', () => {
    const samples = ['0ms', '1ms', '5ms'] as const
    const turn = new Jitter(seededRandom('1'))
    turn.set({ distribution: { samples: [...samples], order: 'given' } })
    expect(Array.from({ length: 5 }, () => turn.draw())).toEqual([0, MS, 5 * MS, 0, MS])
    const chance = new Jitter(seededRandom('1'))
    chance.set({ distribution: { samples: [...samples] } })
    const drawn = Array.from({ length: 3000 }, () => chance.draw())
    for (const value of [0, MS, 5 * MS]) {
      const count = drawn.filter(each => each === value).length
      // Five standard deviations of 1000 out of 3000, for a seed that is fixed.
      expect(Math.abs(count - 1000)).toBeLessThan(130)
    }
    expect(new Set(drawn).size).toBe(3)
  })

  it('correlation 0 is the plain draw, more makes neighbours alike, and 1 stands still', () => {
    const likeness = (correlation: number) => {
      const chain = new Chain(seededRandom('chain'))
      chain.set(correlation)
      const values = Array.from({ length: 20_000 }, () => chain.draw())
      const mean = values.reduce((a, b) => a + b, 0) / values.length
      let both = 0
      let own = 0
      for (let i = 1; i < values.length; i++) {
        both += (values[i]! - mean) * (values[i - 1]! - mean)
        own += (values[i]! - mean) ** 2
      }
      return both / own
    }
    expect(Math.abs(likeness(0))).toBeLessThan(0.03)
    // x(n) = (1 - ρ) u + ρ x(n - 1): its autocorrelation at one step is ρ.
    for (const rho of [0.25, 0.5, 0.9]) expect(Math.abs(likeness(rho) - rho)).toBeLessThan(0.03)
    const plain = seededRandom('chain')
    const chain = new Chain(seededRandom('chain'))
    chain.set(0)
    for (let i = 0; i < 100; i++) expect(chain.draw()).toBe(plain.below(2 ** 32))
  })

  it('a normal jitter shortens the delay too, and never below nothing', () => {
    const bench = new CableBench({ delay: '10ms', jitter: '20ms', distribution: 'normal', reorder: true })
    for (let n = 0; n < 2000; n++) bench.give(n * 200 * MS, sized(100))
    bench.end()
    const delays = bench.seen.map(({ at, what }) => at - Number(what) * 200 * MS)
    expect(Math.min(...delays)).toBe(0)
    expect(delays.filter(each => each < 10 * MS).length).toBeGreaterThan(900)
    expect(Math.max(...delays)).toBeGreaterThan(50 * MS)
  })
})

describe('losses', () => {
  const lost = (link: Link, count: number, reason: string, seed = '1') => {
    const bench = new CableBench(link, seed)
    for (let n = 0; n < count; n++) bench.give(n, sized(28))
    bench.end()
    return bench.seen.flatMap(({ what }) => (what.endsWith(` ${reason}`) ? [Number.parseInt(what, 10)] : []))
  }

  it('Gilbert–Elliott comes to its stationary loss, and to bursts of 1/r', () => {
    for (const [p, r, good, bad] of [
      [0.02, 0.2, 0, 1],
      [0.1, 0.3, 0.01, 0.8],
      [0.3, 0.3, 0, 0.5],
    ] as const) {
      const states = new GilbertElliott(seededRandom('states'))
      states.set({ p, r, good, bad })
      const count = 60_000
      let losses = 0
      for (let i = 0; i < count; i++) if (states.roll()) losses++
      const expected = (p * bad + r * good) / (p + r)
      // Neighbours are alike: the variance of the mean grows by (2 - p - r) / (p + r) at most.
      const deviation = Math.sqrt((expected * (1 - expected) * (2 - p - r)) / (p + r) / count)
      expect(Math.abs(losses / count - expected)).toBeLessThan(4 * deviation)
    }
    const runs = lost({ gilbert_elliott: { p: 0.01, r: 0.25 } }, 30_000, 'gilbert-elliott-loss')
    const bursts = runs.filter((n, i) => runs[i - 1] !== n - 1).length
    expect(Math.abs(runs.length / bursts - 4)).toBeLessThan(0.7)
  })

  it('Gilbert–Elliott is its literal twin, draw for draw', () => {
    const options = { p: 0.1, r: 0.3, good: 0.05, bad: 0.7 }
    const random = seededRandom('1').split('gilbert-elliott')
    const dice = { p: random.split('p'), r: random.split('r'), good: random.split('good'), bad: random.split('bad') }
    let bad = false
    const expected: number[] = []
    for (let n = 0; n < 3000; n++) {
      const hit = (name: keyof typeof dice) => dice[name].below(2 ** 32) < Math.round(options[name] * 2 ** 32)
      const [toBad, toGood, inGood, inBad] = [hit('p'), hit('r'), hit('good'), hit('bad')]
      bad = bad ? !toGood : toBad
      if (bad ? inBad : inGood) expected.push(n)
    }
    expect(lost({ gilbert_elliott: options }, 3000, 'gilbert-elliott-loss')).toEqual(expected)
  })

  it('a burst takes exactly so many in a row', () => {
    const runs = lost({ loss_burst: { chance: 0.01, length: 7 } }, 20_000, 'burst-loss')
    const starts = runs.filter((n, i) => runs[i - 1] !== n - 1)
    expect(starts.length).toBeGreaterThan(100)
    // Two bursts may touch: each run is a whole number of them, but the last.
    const lengths = starts.map((start, i) => runs.indexOf(starts[i + 1] ?? -1) - runs.indexOf(start)).slice(0, -1)
    expect(lengths.every(length => length % 7 === 0)).toBe(true)
  })

  it('correlated loss clusters, and none of the mechanisms moves another', () => {
    const alone = lost({ loss: 0.1 }, 3000, 'link-loss')
    const others: Link = {
      ...{ loss_burst: { chance: 0.01, length: 3 }, gilbert_elliott: { p: 0.05, r: 0.2 }, reorder: { chance: 0.5 } },
      ...{ jitter: '1ms', distribution: 'normal', duplicate: { chance: 0.2, count: 2, delay: '1ms' } },
      replays: [{ chance: 0.1, after: '1s' }],
    }
    expect(lost({ loss: 0.1, ...others }, 3000, 'link-loss')).toEqual(alone)
    // How much likelier a loss is after a loss. That netem's way also loses fewer is known, and kept.
    const clustering = (runs: number[]) =>
      (runs.filter((n, i) => runs[i - 1] === n - 1).length * 20_000) / runs.length ** 2
    expect(Math.abs(clustering(lost({ loss: 0.3 }, 20_000, 'link-loss')) - 1)).toBeLessThan(0.1)
    expect(clustering(lost({ loss: 0.3, loss_correlation: 0.5 }, 20_000, 'link-loss'))).toBeGreaterThan(1.5)
  })

  it('blackouts are a matter of time alone', () => {
    const bench = new CableBench({
      blackouts: [
        { at: '10ms', for: '2ms', every: '5ms' },
        { at: '1ms', for: '1ms' },
      ],
    })
    for (let n = 0; n < 21; n++) bench.give(n * MS, sized(28))
    const dark = bench.end().flatMap(text => (text.endsWith('blackout') ? [Number(text.split(' ')[0]) / MS] : []))
    expect(dark).toEqual([1, 10, 11, 15, 16, 20])
  })

  it('lists take the nth of all, and sizes', () => {
    const bench = new CableBench({
      lose: [{ nth: [2, 5] }, { size: { min: 1000, max: 1100 }, nth: [2] }, { size: { min: 1400 } }],
    })
    for (const size of [100, 100, 1000, 1100, 100, 1000, 1399, 1400, 1500]) bench.give(0, sized(size))
    bench.give(0, echo('192.0.2.1', '192.0.2.2', 1, false, { size: 1400 }))
    const gone = bench.end().flatMap(text => (text.endsWith('listed-loss') ? [text.split(' ')[1]] : []))
    expect(gone).toEqual(['1', '3', '4', '7', '8', '9'])
  })
})

describe('copies', () => {
  it('come so many, and so much later', () => {
    const bench = new CableBench({ duplicate: { chance: 1, count: 2, delay: '10ms' }, delay: '1ms' })
    bench.give(0, sized(100))
    bench.give(5 * MS, sized(100))
    expect(bench.end().map(text => `${Number(text.split(' ')[0]) / MS} ${text.split(' ')[1]}`)).toEqual([
      ...['1 0', '6 1', '11 0+1', '16 1+1', '21 0+2', '26 1+2'],
    ])
    const near = new CableBench({ duplicate: { chance: 1, count: 3 } })
    near.give(0, sized(100))
    expect(near.end()).toEqual(['0 0', '0 0+1', '0 0+2', '0 0+3'])
  })

  it('a late copy meets the cable as it then is', () => {
    const bench = new CableBench({
      duplicate: { chance: 1, count: 3, delay: '10ms' },
      blackouts: [{ at: '19ms', for: '2ms' }],
    })
    bench.give(0, sized(1000))
    bench.set(5 * MS, { duplicate: 0, mtu: 500 })
    bench.set(15 * MS, { mtu: 1500 })
    bench.set(25 * MS, { cut: true })
    expect(bench.end()).toEqual([
      '0 0',
      `${10 * MS} 0+1 too-big-for-link`,
      `${20 * MS} 0+2 blackout`,
      `${30 * MS} 0+3 link-cut`,
    ])
  })

  it('old packets come again: by message and number, so often', () => {
    const bench = new CableBench({
      replays: [
        { message: 'data', nth: [2], after: '30s', count: 2 },
        { nth: [1], after: '1s' },
      ],
    })
    for (const packet of [message(1, 148), message(4, 96), message(4, 96), sized(100)]) bench.give(0, packet)
    expect(bench.cable.timeoutReason()).toBe('a packet is sent again')
    expect(bench.end()).toEqual([
      '0 0',
      '0 1',
      '0 2',
      '0 3',
      `${1000 * MS} 0+1`,
      `${30_000 * MS} 2+1`,
      `${60_000 * MS} 2+2`,
    ])
  })
})

describe('order', () => {
  it('netem: some go ahead without the delay, the others keep theirs', () => {
    const bench = new CableBench({ delay: '10ms', reorder: { chance: 1, gap: 3 } })
    for (let n = 0; n < 6; n++) bench.give(n * MS, sized(100))
    expect(bench.end().map(text => `${Number(text.split(' ')[0]) / MS} ${text.split(' ')[1]}`)).toEqual([
      ...['2 2', '5 5', '10 0', '11 1', '13 3', '14 4'],
    ])
  })

  it('is kept by everything that does not say otherwise', () => {
    const link = fc.record<Link>(
      {
        jitter: fc.constantFrom('1ms', '7ms'),
        distribution: fc.constantFrom('uniform', 'normal', 'pareto', 'paretonormal'),
        jitter_correlation: fc.constantFrom(0, 0.5),
        rate: fc.constantFrom('1Mbit', '20Mbit'),
        discipline: fc.constantFrom<NonNullable<Link['discipline']>>({ kind: 'drop-tail' }, { kind: 'codel' }),
        loss: fc.constantFrom(0, 0.1),
        gilbert_elliott: fc.constant({ p: 0.1, r: 0.5 }),
        delay: fc.constantFrom('0ms', '4ms'),
      },
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(link, fc.array(fc.nat({ max: 2 * MS }), { maxLength: 60 }), fc.string(), (one, waits, seed) => {
        const bench = new CableBench(one, seed)
        let now = 0
        for (const wait of waits) {
          now += wait
          bench.give(now, sized(500))
        }
        bench.end()
        const arrived = bench.seen.flatMap(({ what }) => (/^\d+$/.test(what) ? [Number(what)] : []))
        expect(arrived).toEqual([...arrived].sort((a, b) => a - b))
        expect(new Set(bench.seen.map(({ what }) => Number.parseInt(what, 10))).size).toBe(waits.length)
      }),
    )
  })
})

describe('fields', () => {
  const initiation = () => {
    const bytes = sized(28 + 148)
    bytes.fill(0, 29, 32)
    bytes[28] = 1
    // A sum that is right again.
    return fixed(bytes)
  }
  const fixed = (bytes: Uint8Array) => {
    const copy = bytes.slice()
    copy[26] = copy[27] = 0
    for (let sum = 1; sum <= 0xffff; sum++) {
      copy[26] = sum >> 8
      copy[27] = sum & 0xff
      if (checkTransport(copy) === undefined) return copy
    }
    throw new Error('no sum fits')
  }
  const run = (link: Link, packets: Uint8Array[]) => {
    const bench = new CableBench(link)
    for (const packet of packets) bench.give(0, packet)
    bench.end()
    return bench.seen.map(({ bytes }) => bytes!)
  }

  it('exactly this field of exactly this message is changed, and its checksum fits', () => {
    const before = initiation()
    const original = before.slice()
    const [first, second, other] = run(
      { corrupt_field: [{ message: 'initiation', field: 'mac1', flip: 9, nth: [2] }] },
      [before, before, message(4, 96)],
    )
    expect(first).toEqual(original)
    expect(before).toEqual(original)
    expect(other).toEqual(message(4, 96))
    const changed = [...second!].flatMap((byte, at) => (byte === original[at] || at === 26 || at === 27 ? [] : [at]))
    // mac1 begins at 116 of the message (paper §5.4.2); bit 9 is bit 1 of its second byte.
    expect(changed).toEqual([28 + 117])
    expect(second![28 + 117]! ^ original[28 + 117]!).toBe(2)
    expect(checkTransport(second!)).toBeUndefined()
  })

  it('keep leaves the checksum wrong, hex writes bytes, and no checksum stays none', () => {
    const [kept] = run({ corrupt_field: [{ message: 'initiation', field: 'sender', hex: 'ffee', checksum: 'keep' }] }, [
      initiation(),
    ])
    expect([...kept!.subarray(32, 36)]).toEqual([0xff, 0xee, initiation()[34], initiation()[35]])
    expect(checkTransport(kept!)).toBe('UDP checksum is wrong')
    const bare = initiation()
    bare[26] = bare[27] = 0
    const [out] = run({ corrupt_field: [{ message: 'initiation', field: 'type', flip: 1 }] }, [bare])
    expect([out![26], out![27], out![28]]).toEqual([0, 0, 3])
  })
})

describe('marks', () => {
  const tos = (link: Link, before: number) => {
    const packet = sized(100)
    setTos(packet, before)
    const bench = new CableBench(link)
    bench.give(0, packet)
    bench.end()
    const { bytes } = bench.seen[0]!
    expect(checkTransport(bytes!)).toBeUndefined()
    expect(ipTos(packet)).toBe(before)
    return ipTos(bytes!)
  }

  it.each<[Link, number[]]>([
    [{}, [0x88, 0x89, 0x8a, 0x8b]],
    [{ ecn: 'bleach' }, [0x88, 0x88, 0x88, 0x88]],
    [{ ecn: 'mark' }, [0x88, 0x8b, 0x8b, 0x8b]],
    [{ dscp: 0 }, [0, 1, 2, 3]],
    [{ dscp: 46, ecn: 'bleach' }, [0xb8, 0xb8, 0xb8, 0xb8]],
  ])('%j', (link, after) => {
    expect([0x88, 0x89, 0x8a, 0x8b].map(before => tos(link, before))).toEqual(after)
  })
})

it('a preset begins anew: nothing that was set before is left', () => {
  const bench = new CableBench({
    loss: 1,
    lose: [{ nth: [1] }],
    corrupt_field: [{ message: 'data', field: 'tag', flip: 0 }],
  })
  bench.set(0, { delay: '3ms', mtu: 1400 }, true)
  const data = message(4, 96)
  bench.give(0, data)
  bench.give(0, sized(1401))
  expect(bench.end()).toEqual(['0 1 too-big-for-link', `${3 * MS} 0`])
  expect(bench.seen[1]!.bytes).toBe(data)
})

describe('everything at once', () => {
  const link = fc.record<Link>(
    {
      delay: fc.constantFrom('0ms', '3ms'),
      jitter: fc.constantFrom('0ms', '4ms'),
      distribution: fc.constantFrom<NonNullable<Link['distribution']>>('normal', 'pareto', { samples: ['0ms', '5ms'] }),
      reorder: fc.constantFrom<NonNullable<Link['reorder']>>(true, { chance: 0.5, gap: 2 }),
      rate: fc.constantFrom('1Mbit', '10Mbit'),
      burst: fc.constantFrom(1500, 6000),
      queue: fc.integer({ min: 1, max: 5 }),
      discipline: fc.constantFrom<NonNullable<Link['discipline']>>(
        { kind: 'drop-tail' },
        { kind: 'codel', target: '1ms', interval: '5ms' },
        { kind: 'fq-codel', flows: 2, target: '1ms', interval: '5ms' },
      ),
      police: fc.constant({ rate: '2Mbit' as const, burst: 3000 }),
      loss: fc.constantFrom(0, 0.2),
      loss_correlation: fc.constantFrom(0, 0.5),
      gilbert_elliott: fc.constant({ p: 0.2, r: 0.5 }),
      loss_burst: fc.constant({ chance: 0.05, length: 3 }),
      blackouts: fc.constant([{ at: '5ms' as const, for: '2ms' as const, every: '9ms' as const }]),
      duplicate: fc.constantFrom<NonNullable<Link['duplicate']>>(0.5, { chance: 0.5, count: 2, delay: '1ms' }),
      replays: fc.constant([{ chance: 0.3, after: '7ms' as const, count: 2 }]),
      corrupt: fc.constantFrom(0, 0.5),
      ecn: fc.constantFrom('bleach', 'mark'),
      cut: fc.boolean(),
      mtu: fc.constantFrom(700, 1500),
    },
    { requiredKeys: [] },
  )
  const event = fc.record({
    wait: fc.nat({ max: 2 * MS }),
    size: fc.integer({ min: 28, max: 1500 }),
    link: fc.option(fc.tuple(link, fc.boolean()), { freq: 5 }),
  })

  it('every packet ends once, every copy at most once, time never goes back, and twice is the same', () => {
    fc.assert(
      fc.property(link, fc.array(event, { maxLength: 50 }), fc.string(), (first, events, seed) => {
        const run = () => {
          const bench = new CableBench(first, seed)
          let now = 0
          for (const { wait, size, link: change } of events) {
            now += wait
            if (change !== null) bench.set(now, ...change)
            bench.give(now, sized(size))
          }
          const lines = bench.end()
          expect([...bench.cable.holding()]).toEqual([])
          return { bench, lines }
        }
        const { bench, lines } = run()
        expect(run().lines).toEqual(lines)
        const times = bench.seen.map(({ at }) => at)
        expect(times).toEqual([...times].sort((a, b) => a - b))
        const names = bench.seen.map(({ what }) => what.split(' ')[0] ?? '')
        expect(new Set(names).size).toBe(names.length)
        const originals = names.filter(name => !name.includes('+')).map(Number)
        expect(originals.sort((a, b) => a - b)).toEqual(events.map((_, n) => n))
      }),
      { numRuns: 300 },
    )
  })
})
