/** A relay neither duplicates nor loses: each datagram goes to the other side once, or is dropped by name. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { instant } from '../../../impl/box.ts'
import { TestDesk } from './testdesk.ts'
import { UdpRelay } from './udp-relay.ts'

const IDLE_S = 10
const senders = ['198.51.100.1:1', '198.51.100.1:2', '203.0.113.2:1', '203.0.113.2:9']
const event = fc.record({
  after_s: fc.integer({ min: 0, max: 12 }),
  from: fc.constantFrom(...senders),
  port: fc.constantFrom(7001, 7002),
  payload: fc.uint8Array({ minLength: 1, maxLength: 20 }),
})

/** The same once more, by looking back over everything that came before. */
function expected(events: readonly { t: number; from: string; port: number }[], n: number): string {
  let pair: { from: string; heard: number }[] = []
  for (const [i, { t, from, port }] of events.entries()) {
    if (port !== events[n]!.port) continue
    pair = pair.filter(side => t - side.heard < IDLE_S)
    const known = pair.find(side => side.from === from)
    if (known !== undefined) known.heard = t
    else if (pair.length < 2) pair.push({ from, heard: t })
    else if (i === n) return 'dropped relay-full'
    if (i === n) return pair.find(side => side.from !== from)?.from ?? 'dropped relay-no-partner'
  }
  return 'never'
}

test('random senders on two ports: against a relay that looks back', () => {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 40 }), script => {
      const test = new TestDesk()
      new UdpRelay(test.desk, { kind: 'udp-relay', ports: [7001, 7002], idle: `${IDLE_S}s` }, instant(0))
      let t = 0
      const events = script.map(each => {
        t += each.after_s
        return { ...each, t }
      })
      for (const [n, { t: at, from, port, payload }] of events.entries()) {
        test.receive(at * 1e9, port, from, payload)
        const fate = expected(events, n)
        const out = test.sent.filter(({ cause }) => cause === n)
        if (fate.startsWith('dropped')) expect([test.fates[n], out]).toEqual([`${n} ${fate}`, []])
        else expect([test.fates[n], out]).toEqual([`${n} done`, [{ port, to: fate, payload, cause: n }]])
      }
    }),
    { numRuns: 300 },
  )
})
