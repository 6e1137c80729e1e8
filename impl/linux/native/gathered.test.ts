/** What the worker tells of drops is all of them, one by one or counted. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { PublicKey } from '../../key.ts'
import type { PlaneEvent } from '../dataplane.ts'
import { History } from '../history.ts'
import { Gathered } from './gathered.ts'

const peer = (n: number) => (n === 0 ? {} : { peer: `peer ${n}` as PublicKey })
const drop = (n: number, reason: 'bad-mac1' | 'replayed' | 'too-short'): PlaneEvent => ({
  kind: 'drop',
  id: { box: 'x', n: 0 },
  reason,
  ...peer(n),
})

describe('gathered drops', () => {
  it('are told in full, whatever the flood, and no more than a thousand a second one by one', () => {
    const burst = fc.record({
      count: fc.nat(1500),
      of: fc.nat(2),
      reason: fc.constantFrom<'bad-mac1' | 'replayed' | 'too-short'>('bad-mac1', 'replayed', 'too-short'),
      pass_ms: fc.nat(1500),
      all: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(burst, { maxLength: 12 }), bursts => {
        let now_ms = 5_000
        const told: { readonly at: number; readonly event: PlaneEvent }[] = []
        const gathered = new Gathered(
          events => told.push(...events.map(event => ({ at: Math.floor(now_ms / 1000), event }))),
          () => now_ms,
        )
        const sent = new Map<string, number>()
        for (const { count, of, reason, pass_ms, all } of bursts) {
          for (let i = 0; i < count; i++) gathered.add(drop(of, reason))
          sent.set(`${of} ${reason}`, (sent.get(`${of} ${reason}`) ?? 0) + count)
          now_ms += pass_ms
          gathered.send(all)
        }
        gathered.send(true)
        const heard = new Map([...sent.keys()].map(key => [key, 0]))
        const history = new History()
        for (const { event } of told) {
          if (event.kind !== 'drop' && event.kind !== 'drops') continue
          history.take(event, 0)
          const key = `${event.peer?.slice(5) ?? 0} ${event.reason}`
          heard.set(key, (heard.get(key) ?? 0) + (event.kind === 'drop' ? 1 : event.count))
        }
        expect(heard).toEqual(sent)
        // Of nobody: the daemon's own count, which no Device keeps.
        const nobody = [...sent].filter(([key, count]) => key.startsWith('0 ') && count > 0)
        expect(history.unknown()).toEqual(Object.fromEntries(nobody.map(([key, count]) => [key.slice(2), count])))
        const alone = told.filter(each => each.event.kind === 'drop')
        for (const second of new Set(alone.map(each => each.at))) {
          // What a round brings after the thousandth of the last second may come with the next thousand.
          expect(alone.filter(each => each.at === second).length).toBeLessThanOrEqual(2000)
        }
      }),
    )
  })

  it('say how many came one after the other', () => {
    const history = new History()
    history.take(drop(1, 'replayed'), 1)
    history.take({ kind: 'drops', reason: 'replayed', count: 41, ...peer(1) }, 2)
    expect(history.recent('peer 1' as PublicKey)).toEqual([{ reason: 'replayed', at_ms: 2, count: 42 }])
  })
})
