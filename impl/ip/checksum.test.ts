import fc from 'fast-check'
import { expect, test } from 'vitest'
import { onesSum } from './checksum.ts'

test('long and short, at even and odd places, the sum is the same as byte by byte', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 900, size: 'max' }),
      fc.nat(40),
      fc.nat(40),
      fc.nat(0xffff),
      (data, skip, cut, initial) => {
        const from = Math.min(skip, data.length)
        const to = Math.max(from, data.length - cut)
        let sum = initial
        for (let at = from; at < to; at++) sum += (at - from) % 2 === 0 ? data[at]! << 8 : data[at]!
        while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16)
        for (const shift of [0, 1, 2, 3]) {
          const moved = new Uint8Array(data.length + 3).subarray(shift, shift + data.length)
          moved.set(data)
          expect(onesSum(moved, from, to, initial)).toBe(sum)
        }
      },
    ),
  )
})

test.each([0x00, 0x80, 0xff])('65535 and 65536 bytes of %d: no sum runs over', value => {
  for (const length of [65535, 65536]) {
    const data = new Uint8Array(65536 + 1).fill(value)
    let sum = 0
    for (let at = 0; at < length; at++) sum += at % 2 === 0 ? value * 0x100 : value
    while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000)
    expect([onesSum(data, 0, length), onesSum(data, 1, length + 1)]).toEqual([sum, sum])
  }
})
