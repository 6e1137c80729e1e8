import fc from 'fast-check'
import { expect, test } from 'vitest'
import { seededRandom, textBytes } from './random.ts'

const draws = (random: { below(bound: number): number }, count = 8): number[] =>
  Array.from({ length: count }, () => random.below(2 ** 32))

test('a seed gives the same stream for ever', () => {
  expect(draws(seededRandom('1').split('alice').split('device'), 4)).toMatchInlineSnapshot(`
    [
      3010122477,
      3184524328,
      318757943,
      1005459402,
    ]
  `)
})

test('a stream depends on the seed and its path alone, not on the order of splits nor on what was drawn before', () => {
  fc.assert(
    fc.property(
      fc.string(),
      fc.array(fc.string(), { maxLength: 4 }),
      fc.nat(20),
      fc.string(),
      (seed, path, before, other) => {
        const quiet = path.reduce((random, name) => random.split(name), seededRandom(seed))
        const busy = path.reduce((random, name) => {
          random.split(other).bytes(before)
          random.bytes(before)
          return random.split(name)
        }, seededRandom(seed))
        expect(draws(busy)).toEqual(draws(quiet))
      },
    ),
  )
})

test('different paths give different streams, also when their names join to the same text', () => {
  const root = seededRandom('1')
  const streams = [
    root,
    root.split(''),
    root.split('ab'),
    root.split('a').split('b'),
    root.split('a'),
    root.split('a').split(''),
  ]
  const seen = new Set([...streams, seededRandom('2'), seededRandom('')].map(random => draws(random).join()))
  expect(seen.size).toBe(8)
})

test('below is uniform within five standard deviations, at a bound where plain modulo would be 50 % off', () => {
  const bound = 3 * 2 ** 30
  const random = seededRandom('uniform').split('below')
  const count = 30_000
  let low = 0
  for (let i = 0; i < count; i++) if (random.below(bound) < 2 ** 30) low++
  expect(low).toBeGreaterThan(count / 3 - 5 * 82)
  expect(low).toBeLessThan(count / 3 + 5 * 82)
})

test('below keeps its bounds and refuses what is no bound', () => {
  const random = seededRandom('bounds')
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 32 }), bound => {
      const value = random.below(bound)
      expect(Number.isInteger(value) && value >= 0 && value < bound).toBe(true)
    }),
  )
  for (const bound of [0, -1, 1.5, 2 ** 32 + 1, Number.NaN])
    expect(() => random.below(bound)).toThrow(/from 1 to 2\^32/)
})

test('bytes are as many as asked for, and a prefix of what more would have been', () => {
  const all = seededRandom('bytes').bytes(64)
  for (let length = 0; length <= 64; length++) {
    expect(seededRandom('bytes').bytes(length)).toEqual(all.slice(0, length))
  }
  expect(new Set(all).size).toBeGreaterThan(32)
})

test('texts stay different as bytes', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
      expect(textBytes(a).join() === textBytes(b).join()).toBe(a === b)
    }),
  )
  expect(textBytes('\ud800').join()).not.toBe(textBytes('\ud801').join())
})
