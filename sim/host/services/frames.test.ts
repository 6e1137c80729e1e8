/** Datagrams in a stream: however it is cut, and whatever is asked for again. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Frames, frame, Unacknowledged } from './frames.ts'

const datagrams = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 12 })

test('the same datagrams come out, wherever the stream is cut', () => {
  fc.assert(
    fc.property(datagrams, fc.array(fc.nat(4000)), (sent, cuts) => {
      const stream = Uint8Array.from(sent.flatMap(each => [...frame(each)]))
      const frames = new Frames()
      const places = [0, ...cuts.filter(cut => cut < stream.length).sort((a, b) => a - b), stream.length]
      const came = places.slice(1).flatMap((end, i) => frames.push(stream.subarray(places[i], end)))
      expect(came.map(each => [...each])).toEqual(sent.map(each => [...each]))
    }),
  )
})

test('two bytes of length, the high one first (RFC 4571)', () => {
  expect([...frame(new Uint8Array(300)).subarray(0, 2)]).toEqual([1, 44])
})

test('any part that is not released is there again, as it was written', () => {
  fc.assert(
    fc.property(datagrams, fc.nat(), fc.nat(), fc.nat(), (chunks, a, b, c) => {
      const whole = chunks.flatMap(each => [...each])
      const buffer = new Unacknowledged()
      for (const chunk of chunks) buffer.append(chunk)
      const [released = 0, from = 0, to = 0] = [a, b, c].map(n => n % (whole.length + 1)).sort((x, y) => x - y)
      buffer.release(released)
      const into = new Uint8Array(to - from)
      buffer.fill(into, from)
      expect([...into]).toEqual(whole.slice(from, to))
      expect(() => buffer.fill(new Uint8Array(1), whole.length)).toThrow(RangeError)
    }),
  )
})
