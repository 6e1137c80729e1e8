import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Instant, NEVER } from '../../impl/box.ts'
import { checkTransport } from '../../impl/ip/packet.ts'
import type { Link } from '../../scenarios/language/topology.ts'
import { seededRandom } from '../random.ts'
import { Copies, drawUpTo } from './faults.ts'
import { Cable } from './link.ts'
import { CableBench, message, type Seen, sized } from './link-bench.ts'
import { drain } from './testing.ts'

const MS = 1_000_000

describe('rate, queue and delay', () => {
  it('serialises one after the other, rounded up to the nanosecond', () => {
    const bench = new CableBench({ rate: '1Mbit', delay: '5ms' })
    for (let i = 0; i < 3; i++) bench.give(0, sized(1250))
    bench.give(60 * MS, sized(1250))
    expect(bench.end()).toEqual([`${15 * MS} 0`, `${25 * MS} 1`, `${35 * MS} 2`, `${75 * MS} 3`])
    const odd = new CableBench({ rate: '3bit' })
    odd.give(0, sized(28))
    expect(odd.end()).toEqual(['74666666667 0'])
  })

  it('drops what the queue has no place for: one on the cable, n that wait', () => {
    const bench = new CableBench({ rate: '1Mbit', queue: 2 })
    for (let i = 0; i < 5; i++) bench.give(0, sized(125))
    bench.give(1 * MS, sized(125))
    expect(bench.end()).toEqual([
      '0 3 queue-full',
      '0 4 queue-full',
      `${1 * MS} 0`,
      `${2 * MS} 1`,
      `${3 * MS} 2`,
      `${4 * MS} 5`,
    ])
  })

  it('without rate and delay a packet is there at once', () => {
    const bench = new CableBench({})
    bench.give(7, sized(100))
    expect(bench.seen.map(({ at, what }) => `${at} ${what}`)).toEqual(['7 0'])
    expect(bench.cable.pollTimeout()).toBe(NEVER)
  })

  it('refuses what is larger than the MTU', () => {
    const bench = new CableBench({ mtu: 1280 })
    bench.give(0, sized(1280))
    bench.give(0, sized(1281))
    expect(bench.end()).toEqual(['0 0', '0 1 too-big-for-link'])
  })
})

describe('jitter', () => {
  const traffic = fc.array(fc.record({ wait: fc.nat({ max: 3 * MS }), size: fc.integer({ min: 28, max: 1500 }) }), {
    maxLength: 50,
  })

  it('is the sum of the definitions, in order unless reorder is on', () => {
    fc.assert(
      fc.property(traffic, fc.boolean(), fc.boolean(), fc.string(), (packets, reorder, limited, seed) => {
        const link: Link = { delay: '4ms', jitter: '6ms', reorder, ...(limited ? { rate: '10Mbit', queue: 1000 } : {}) }
        const bench = new CableBench(link, seed)
        const jitter = seededRandom(seed).split('jitter')
        const expected: { at: number; n: number }[] = []
        let now = 0
        let free = 0
        let last = 0
        packets.forEach(({ wait, size }, n) => {
          now += wait
          bench.give(now, sized(size))
          free = Math.max(free, now) + (limited ? size * 800 : 0)
          const due = free + 4 * MS + drawUpTo(jitter, 6 * MS)
          last = Math.max(last, due)
          expected.push({ at: reorder ? due : last, n })
        })
        expected.sort((a, b) => a.at - b.at || a.n - b.n)
        expect(bench.end()).toEqual(expected.map(({ at, n }) => `${at} ${n}`))
      }),
    )
  })

  it('draws uniformly beyond 32 bits', () => {
    const random = seededRandom('wide')
    const most = 10_000_000_000
    const draws = Array.from({ length: 4000 }, () => drawUpTo(random, most))
    expect(Math.max(...draws)).toBeLessThanOrEqual(most)
    const upper = draws.filter(draw => draw > most / 2).length
    // Five standard deviations of a fair coin thrown 4000 times, for a seed that is fixed.
    expect(Math.abs(upper - 2000)).toBeLessThan(158)
  })
})

describe('chance', () => {
  const run = (link: Link) => {
    const bench = new CableBench(link)
    for (let i = 0; i < 2000; i++) bench.give(i * 100 * MS, sized(100))
    bench.end()
    return bench.seen
  }
  const numbers = (seen: readonly Seen[]) => seen.filter(({ what }) => /^\d+$/.test(what))

  it('loses exactly those whose draw is below the threshold', () => {
    const random = seededRandom('1').split('loss')
    const lost = Array.from({ length: 2000 }, (_, i) => [i, random.below(2 ** 32)] as const)
      .filter(([, draw]) => draw < 0.25 * 2 ** 32)
      .map(([i]) => `${i} link-loss`)
    expect(run({ loss: 0.25 }).flatMap(({ what }) => (what.endsWith('link-loss') ? [what] : []))).toEqual(lost)
    expect(lost.length).toBeGreaterThan(400)
    expect(run({ loss: 1 }).every(({ what }) => what.endsWith('link-loss'))).toBe(true)
    expect(run({ loss: 0 })).toHaveLength(2000)
  })

  it('never moves the draws of another setting', () => {
    const jitter = { delay: '1ms', jitter: '50ms' } as const
    const base = new Map(run(jitter).map(({ at, what }) => [what, at]))
    for (const other of [
      { loss: 0.3 },
      { duplicate: 0.5 },
      { corrupt: 0.5 },
      { loss: 0.3, duplicate: 0.5, corrupt: 0.5 },
    ]) {
      const seen = numbers(run({ ...jitter, ...other }))
      expect(seen.length).toBeGreaterThan(1000)
      for (const { at, what } of seen) expect(at).toBe(base.get(what))
    }
    const losses = (link: Link) => run(link).flatMap(({ what }) => (what.endsWith('link-loss') ? [what] : []))
    expect(losses({ loss: 0.1, duplicate: 0.5, corrupt: 0.2, ...jitter })).toEqual(losses({ loss: 0.1 }))
  })

  it('flips one bit of the UDP payload, in a copy', () => {
    const original = sized(128)
    const before = original.slice()
    const flips: number[] = []
    const bench = new CableBench({ corrupt: 1 })
    for (let i = 0; i < 500; i++) bench.give(i, original)
    for (const { bytes } of bench.seen) {
      const changed = [...(bytes ?? [])].flatMap((byte, at) =>
        byte === before[at] ? [] : [{ at, bits: byte ^ before[at]! }],
      )
      expect(changed).toHaveLength(1)
      expect(changed[0]!.at).toBeGreaterThanOrEqual(28)
      expect([1, 2, 4, 8, 16, 32, 64, 128]).toContain(changed[0]!.bits)
      expect(checkTransport(bytes!)).toBe('UDP checksum is wrong')
      flips.push(changed[0]!.at)
    }
    expect(original).toEqual(before)
    expect(new Set(flips).size).toBeGreaterThan(80)
  })

  it('numbers copies so that no two are the same, over several cables', () => {
    const copies = new Copies()
    const first = new CableBench({ duplicate: 1 }, '1', copies)
    first.give(0, sized(100))
    expect(first.end()).toEqual(['0 0', '0 0+1'])
    const second = new Cable({ name: 'b', random: seededRandom('2'), link: { duplicate: 1 }, copies })
    const id = { box: 'test', n: 0 }
    for (const copy of [0, 1]) {
      second.handleInput(0 as Instant, { kind: 'packet', packet: { id, copy, bytes: sized(100) } })
    }
    expect(drain(second).map(output => (output.kind === 'packet' ? output.packet.copy : -1))).toEqual([0, 2, 1, 3])
  })
})

describe('lists of losses', () => {
  it('takes exactly the nth of a message, and counts anew when the list is set anew', () => {
    const bench = new CableBench({
      lose: [
        { message: 'initiation', nth: [2] },
        { message: 'any', nth: [1, 5] },
      ],
    })
    const initiation = message(1, 148)
    const keepalive = message(4, 32)
    // 0 and 4 by "any", 3 by "initiation"; what is no WireGuard message is not counted.
    for (const packet of [initiation, sized(100), keepalive, initiation, keepalive, initiation, keepalive])
      bench.give(0, packet)
    expect(bench.end()).toEqual(['0 0 listed-loss', '0 1', '0 2', '0 3 listed-loss', '0 4', '0 5 listed-loss', '0 6'])
    bench.set(1, { lose: [{ message: 'data', nth: [1] }] })
    for (const packet of [keepalive, message(4, 96), message(4, 96), initiation]) bench.give(1, packet)
    expect(bench.end().slice(7)).toEqual(['1 7', '1 8 listed-loss', '1 9', '1 10'])
    bench.set(2, { delay: '1ms' })
    bench.set(2, { lose: [{ message: 'data', nth: [1] }] })
    bench.give(3, message(4, 96))
    expect(bench.end().slice(11)).toEqual(['3 11 listed-loss'])
  })
})

describe('set in mid-flow', () => {
  it('changes only what is named', () => {
    const bench = new CableBench({ delay: '10ms', mtu: 1000, loss: 1 })
    bench.set(0, { loss: 0 })
    bench.give(0, sized(1001))
    bench.give(0, sized(1000))
    expect(bench.end()).toEqual(['0 0 too-big-for-link', `${10 * MS} 1`])
  })

  it('a new rate holds for those that wait, not for the one on the cable', () => {
    const bench = new CableBench({ rate: '1Mbit' })
    for (let i = 0; i < 3; i++) bench.give(0, sized(1250))
    bench.set(4 * MS, { rate: '10Mbit' })
    expect(bench.end()).toEqual([`${10 * MS} 0`, `${11 * MS} 1`, `${12 * MS} 2`])
  })

  it('a shorter delay overtakes nobody, unless reorder is on', () => {
    for (const reorder of [false, true]) {
      const bench = new CableBench({ delay: '10ms', reorder })
      bench.give(0, sized(100))
      bench.set(1 * MS, { delay: '1ms' })
      bench.give(1 * MS, sized(100))
      expect(bench.end()).toEqual(reorder ? [`${2 * MS} 1`, `${10 * MS} 0`] : [`${10 * MS} 0`, `${10 * MS} 1`])
    }
  })

  it('a cut takes what waits; what is on its way arrives', () => {
    for (const reorder of [false, true]) {
      const bench = new CableBench({ rate: '1Mbit', delay: '50ms', reorder })
      for (let i = 0; i < 3; i++) bench.give(0, sized(1250))
      bench.set(12 * MS, { cut: true })
      bench.give(13 * MS, sized(1250))
      bench.set(15 * MS, { cut: false })
      bench.give(15 * MS, sized(1250))
      expect(bench.end()).toEqual([
        `${12 * MS} 2 link-cut`,
        `${13 * MS} 3 link-cut`,
        `${60 * MS} 0`,
        `${70 * MS} 1`,
        `${80 * MS} 4`,
      ])
    }
  })

  it('loses nobody: each packet arrives once or is dropped once, whatever happens', () => {
    const event = fc.oneof(
      fc.record({ wait: fc.nat({ max: 2 * MS }), size: fc.integer({ min: 28, max: 1500 }) }),
      fc.record({
        wait: fc.nat({ max: 2 * MS }),
        link: fc.record(
          {
            rate: fc.constantFrom('1Mbit', '10Mbit', '1Gbit') as fc.Arbitrary<'1Mbit'>,
            delay: fc.constantFrom('0ms', '3ms') as fc.Arbitrary<'3ms'>,
            jitter: fc.constantFrom('0ms', '5ms') as fc.Arbitrary<'5ms'>,
            reorder: fc.boolean(),
            cut: fc.boolean(),
            mtu: fc.constantFrom(700, 1500),
            queue: fc.integer({ min: 1, max: 5 }),
            loss: fc.constantFrom(0, 0.2),
          },
          { requiredKeys: [] },
        ),
      }),
    )
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), events => {
        const bench = new CableBench({ rate: '10Mbit', delay: '1ms' })
        let now = 0
        let given = 0
        for (const one of events) {
          now += one.wait
          if ('size' in one) {
            bench.give(now, sized(one.size))
            given++
          } else bench.set(now, one.link)
        }
        bench.end()
        const ids = bench.seen.map(({ what }) => Number.parseInt(what, 10)).sort((a, b) => a - b)
        expect(ids).toEqual(Array.from({ length: given }, (_, i) => i))
        const times = bench.seen.map(({ at }) => at)
        expect(times).toEqual([...times].sort((a, b) => a - b))
      }),
    )
  })

  it('refuses a rate below one bit', () => {
    expect(() => new CableBench({ rate: '0Mbit' })).toThrow(
      /alice:net: a rate of "0Mbit" lets nothing pass \(write cut: true\)/,
    )
  })
})
