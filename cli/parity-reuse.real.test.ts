/** A guest that has played other scenarios plays the next as one that has just booted. */
import { describe, expect, it } from 'vitest'
import { readyGuests, SKIP_TEXT } from '../kernel/testing.ts'
import { compareRuns } from '../scenarios/checks/parity.ts'
import { recordWire } from '../scenarios/checks/parity-record.ts'
import { generateScenario } from '../scenarios/generate/scenario.ts'
import { runOneWithGuests } from './evidence.ts'
import { type Guests, openGuests } from './guests.ts'
import { reuseGuests } from './parity-reuse.ts'

const ready = await readyGuests('6.12')
const KERNEL = 'kernel-6.12'
/** IPv4 and IPv6, NATs, faults, and the first once more at the end. */
const SEEDS = ['2', '4', '36', '7', '2']

async function play(seed: string, guests: Pick<Guests, 'start'>) {
  const named = generateScenario(seed)
  const wire = recordWire(named.scenario)
  const verdict = await runOneWithGuests(named, { cast: { bob: KERNEL }, seed, onRow: wire.sink.row }, guests)
  const { checks, virtual_s, verdict: kind } = verdict
  return { kind, scenario: named.scenario, side: { messages: wire.messages, checks, ended_at: virtual_s * 1e9 } }
}

async function withGuests<T>(use: (guests: Guests) => Promise<T>): Promise<T> {
  const opened = await openGuests({ bob: KERNEL })
  if ('lacks' in opened) throw new Error(opened.lacks)
  try {
    return await use(opened)
  } finally {
    await opened.stop()
  }
}

describe.skipIf(ready === undefined)(`one guest, many scenarios${ready === undefined ? ` (${SKIP_TEXT})` : ''}`, () => {
  it('sends what a fresh one sends', { timeout: 300_000 }, async () => {
    await withGuests(async opened => {
      let started = 0
      const reused = reuseGuests({
        start: wanted => {
          started++
          return opened.start(wanted)
        },
      })
      for (const seed of SEEDS) {
        reused.next()
        const again = await play(seed, reused)
        const fresh = await withGuests(guests => play(seed, guests))
        expect([again.kind, fresh.kind]).toEqual(['pass', 'pass'])
        expect(again.side.messages.length).toBeGreaterThan(5)
        expect(compareRuns(fresh.scenario, fresh.side, again.side)).toEqual([])
      }
      expect([started, reused.spent]).toEqual([1, false])
    })
  })

  it('is given up once it has failed', { timeout: 300_000 }, async () => {
    await withGuests(async opened => {
      const reused = reuseGuests(opened)
      await play('2', reused)
      await opened.stop()
      reused.next()
      await expect(play('4', reused)).rejects.toThrow(/is down/)
      expect(reused.spent).toBe(true)
    })
  })
})
