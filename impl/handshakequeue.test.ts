import { describe, expect, it } from 'vitest'
import { instant, NEVER, NS_PER_S } from './box.ts'
import { HandshakeQueue, type QueuedMessage } from './handshakequeue.ts'

const from = { address: Uint8Array.of(192, 0, 2, 1), port: 1 }
const message = (n: number, type: 1 | 2 | 3 = 1): QueuedMessage => ({
  type,
  id: { box: 'test', n },
  bytes: new Uint8Array(0),
  from,
  to: undefined,
})
const at = instant

describe('the handshake queue', () => {
  it('serves at once and is never under load when a message costs nothing', () => {
    const queue = new HandshakeQueue(0)
    for (let n = 0; n < 1000; n++) {
      expect(queue.offer(at(5), message(n))).toBe(true)
      expect(queue.take(at(5))).toEqual({ message: message(n), underLoad: false })
      expect(queue.take(at(5))).toBeUndefined()
    }
    expect(queue.due()).toBe(NEVER)
  })

  it('serves one message a cost, in order, and catches up when it is asked late', () => {
    const queue = new HandshakeQueue(10)
    for (let n = 0; n < 3; n++) queue.offer(at(100), message(n))
    expect(queue.due()).toBe(110)
    expect(queue.take(at(109))).toBeUndefined()
    expect(queue.take(at(110))?.message.id.n).toBe(0)
    expect(queue.due()).toBe(120)
    expect(queue.take(at(500))?.message.id.n).toBe(1)
    expect(queue.take(at(500))?.message.id.n).toBe(2)
    expect(queue.take(at(500))).toBeUndefined()
    queue.offer(at(500), message(9))
    expect(queue.due()).toBe(510)
  })

  it('31, 32: is under load from 512 at the moment a message is taken out, and for 1 s after the last such moment', () => {
    const queue = new HandshakeQueue(1000)
    for (let n = 0; n < 600; n++) queue.offer(at(0), message(n))
    // Number n is taken out after n µs and finds 600 − n there, number 0 too: number 88 is the last to find 512.
    const verdicts = Array.from({ length: 600 }, (_, n) => queue.take(at((n + 1) * 1000))!.underLoad)
    expect(verdicts.indexOf(true)).toBe(0)
    expect(verdicts.lastIndexOf(true)).toBe(599)
    const lastSeen = 88 * 1000
    queue.offer(at(lastSeen + NS_PER_S - 1), message(1000))
    expect(queue.take(at(lastSeen + NS_PER_S + 999))?.underLoad).toBe(true)
    queue.offer(at(lastSeen + NS_PER_S + 1000), message(1001))
    expect(queue.take(at(lastSeen + NS_PER_S + 2000))?.underLoad).toBe(false)
  })

  it('one that comes alone is looked at alone, whatever comes while it is worked on', () => {
    const queue = new HandshakeQueue(1000)
    queue.offer(at(0), message(0))
    for (let n = 1; n < 600; n++) queue.offer(at(1), message(n))
    expect(queue.take(at(1000))?.underLoad).toBe(false)
    expect(queue.take(at(2000))?.underLoad).toBe(true)
  })

  it('32: load ends exactly 1 s after it was last seen', () => {
    for (const [after, underLoad] of [
      [NS_PER_S - 1, true],
      [NS_PER_S, false],
    ] as const) {
      const queue = new HandshakeQueue(1)
      for (let n = 0; n < 513; n++) queue.offer(at(0), message(n))
      while (queue.take(at(513)) !== undefined);
      // The one message that found 512 was taken out at 1 ns.
      expect(queue.isUnderLoad(at(1 + after))).toBe(underLoad)
      queue.offer(at(1 + after), message(600))
      expect(queue.take(at(2 + after))?.underLoad).toBe(underLoad)
    }
  })

  it('31: cookie replies wait like the others but neither see load nor make it', () => {
    const queue = new HandshakeQueue(1)
    for (let n = 0; n < 700; n++) queue.offer(at(0), message(n, 3))
    for (let n = 0; n < 700; n++) expect(queue.take(at(700))?.underLoad).toBe(false)
    queue.offer(at(700), message(1))
    expect(queue.take(at(701))?.underLoad).toBe(false)
  })

  it('44: holds 4096 besides the one in hand, and refuses more', () => {
    const queue = new HandshakeQueue(1)
    for (let n = 0; n < 4097; n++) expect(queue.offer(at(0), message(n))).toBe(true)
    expect(queue.offer(at(0), message(9999))).toBe(false)
    expect(queue.length).toBe(4097)
    expect(queue.take(at(1))?.message.id.n).toBe(0)
    expect(queue.offer(at(1), message(4097))).toBe(true)
    for (let n = 1; n <= 4097; n++) expect(queue.take(at(9999))?.message.id.n).toBe(n)
    expect(queue.length).toBe(0)
  })

  it('keeps its order when it never runs empty', () => {
    const queue = new HandshakeQueue(1)
    let next = 0
    for (let n = 0; n < 20; n++) queue.offer(at(0), message(n))
    for (let n = 20; n < 10_000; n++) {
      expect(queue.take(at(n - 19))?.message.id.n).toBe(next++)
      queue.offer(at(n - 19), message(n))
      expect(queue.length).toBe(20)
    }
  })

  it('forgets everything when it is cleared, and says what it was', () => {
    const queue = new HandshakeQueue(1)
    for (let n = 0; n < 3; n++) queue.offer(at(0), message(n))
    expect(queue.clear().map(({ id }) => id.n)).toEqual([0, 1, 2])
    expect(queue.clear()).toEqual([])
    expect([queue.length, queue.due()]).toEqual([0, NEVER])
  })
})
