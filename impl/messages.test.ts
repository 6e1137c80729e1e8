import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { classify, dataMessage, readCounter, readIndex, writeIndex } from './messages.ts'

const of = (length: number, ...header: number[]): Uint8Array => {
  const bytes = new Uint8Array(length)
  bytes.set(header)
  return bytes
}

describe('the first look at a datagram (behaviours 1 to 4)', () => {
  it.each([
    ['nothing', of(0), 'too-short'],
    ['three bytes', of(3, 1, 0, 0), 'too-short'],
    ['type 0', of(148, 0), 'unknown-type'],
    ['type 5', of(148, 5), 'unknown-type'],
    ['type 255', of(4, 255), 'unknown-type'],
    ['reserved byte 1', of(148, 1, 1), 'reserved-not-zero'],
    ['reserved byte 2', of(92, 2, 0, 128), 'reserved-not-zero'],
    ['reserved byte 3', of(32, 4, 0, 0, 1), 'reserved-not-zero'],
    ['an initiation', of(148, 1), 1],
    ['a short initiation', of(147, 1), 'wrong-length'],
    ['a long initiation', of(149, 1), 'wrong-length'],
    ['a response', of(92, 2), 2],
    ['a short response', of(91, 2), 'wrong-length'],
    ['a long response', of(93, 2), 'wrong-length'],
    ['a cookie reply', of(64, 3), 3],
    ['a short cookie reply', of(63, 3), 'wrong-length'],
    ['a long cookie reply', of(65, 3), 'wrong-length'],
    ['data of no bytes', of(32, 4), 4],
    ['data of an odd length', of(33, 4), 4],
    ['data of 65507 bytes', of(65507, 4), 4],
    ['data that is too short', of(31, 4), 'wrong-length'],
    ['a bare header', of(4, 4), 'wrong-length'],
  ])('%s', (_, bytes, expected) => expect(classify(bytes)).toBe(expected))
})

describe('numbers', () => {
  it('reads the index it wrote, little endian (behaviour 7)', () => {
    fc.assert(
      fc.property(fc.nat(0xffff_ffff), fc.nat(8), (index, at) => {
        const bytes = new Uint8Array(16)
        writeIndex(bytes, at, index)
        expect(new DataView(bytes.buffer).getUint32(at, true)).toBe(index)
        expect(readIndex(bytes, at)).toBe(index)
      }),
    )
  })

  it('reads the counter it wrote, from 0 to 2^64 − 1, little endian (behaviour 7)', () => {
    const edge = fc.constantFrom(0n, 2n ** 32n - 1n, 2n ** 32n, 2n ** 53n - 1n, 2n ** 53n, 2n ** 60n, 2n ** 64n - 1n)
    fc.assert(
      fc.property(fc.oneof(edge, fc.bigInt(0n, 2n ** 64n - 1n)), fc.nat(0xffff_ffff), (counter, receiver) => {
        const bytes = dataMessage(receiver, counter, Uint8Array.of(1, 2, 3))
        const view = new DataView(bytes.buffer)
        expect([...bytes.subarray(0, 4)]).toEqual([4, 0, 0, 0])
        expect(view.getUint32(4, true)).toBe(receiver)
        expect(view.getBigUint64(8, true)).toBe(counter)
        expect([...bytes.subarray(16)]).toEqual([1, 2, 3])
        expect(readCounter(bytes)).toBe(counter)
      }),
    )
  })
})
