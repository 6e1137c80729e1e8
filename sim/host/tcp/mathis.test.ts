/** Reno under random loss against the macroscopic model of Mathis et al. (1997): rate ≈ MSS / RTT × sqrt(3 / 2p), a coarse oracle. */
import { expect, test } from 'vitest'
import { seededRandom } from '../../random.ts'
import { Line } from './testing.ts'

const RTT_NS = 100_000_000
const MSS = 1448
const FROM_S = 8
const TO_S = 40

function goodput(loss: number, congestion: 'reno' | 'cubic'): number {
  const random = seededRandom(`mathis ${loss}`)
  const line = new Line({
    up: new Uint8Array(20_000_000),
    a: { congestion },
    fate: ({ from, length }) => {
      const lost = from === 'a' && length > 0 && random.below(1_000_000) < loss * 1_000_000
      return lost ? [] : [RTT_NS / 2]
    },
  })
  // Without the slow start, which the model does not know.
  line.run(FROM_S * 1e9)
  const before = line.b.got.length
  line.run(TO_S * 1e9)
  return ((line.b.got.length - before) * 8) / (TO_S - FROM_S)
}

test.each([0.005, 0.01, 0.02, 0.04])('a loss of %d', loss => {
  const model = ((MSS * 8) / (RTT_NS / 1e9)) * Math.sqrt(3 / (2 * loss))
  const ratio = goodput(loss, 'reno') / model
  // Timeouts, which come more often with more loss, are not in the model either.
  expect(ratio).toBeGreaterThan(0.5)
  expect(ratio).toBeLessThan(1.3)
})

test('CUBIC is never much slower than Reno (RFC 9438 §4.3)', () => {
  for (const loss of [0.01, 0.04]) expect(goodput(loss, 'cubic')).toBeGreaterThan(0.8 * goodput(loss, 'reno'))
})
