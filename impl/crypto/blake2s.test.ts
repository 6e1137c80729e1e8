/** Our own BLAKE2s against noble's, over every length and split that a block boundary can mind. */
import { blake2s as nobleBlake2s } from '@noble/hashes/blake2.js'
import { hmac as nobleHmac } from '@noble/hashes/hmac.js'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { blake2s, hmacBlake2s, keyedBlake2s } from './blake2s.ts'
import { kdfBlake2s } from './kdf.ts'
import { noble } from './noble.ts'

const none = new Uint8Array(0)
const bytes = (length: number, seed: number) => Uint8Array.from({ length }, (_, i) => (i * 167 + seed * 59 + 13) & 255)
const blob = (maxLength: number) => fc.uint8Array({ maxLength, size: 'max' })

describe('BLAKE2s', () => {
  it('is noble’s for every length from 0 to 300', () => {
    for (let length = 0; length <= 300; length++) {
      const input = bytes(length, length)
      expect(blake2s(input), `${length}`).toEqual(nobleBlake2s(input))
    }
  })

  it('is the same for every cut in two of up to 200 bytes', () => {
    for (const length of [63, 64, 65, 127, 128, 129, 200]) {
      const input = bytes(length, 7)
      const whole = nobleBlake2s(input)
      for (let cut = 0; cut <= length; cut++) {
        expect(blake2s(input.subarray(0, cut), input.subarray(cut)), `${length} ${cut}`).toEqual(whole)
      }
    }
  })

  it('is the same for many parts of any bytes', () => {
    fc.assert(
      fc.property(fc.array(blob(150), { maxLength: 6 }), parts => {
        expect(blake2s(...parts)).toEqual(noble.hash(...parts))
      }),
    )
  })

  it('with a key is noble’s for every length of key and for messages around a block', () => {
    for (let keyLength = 1; keyLength <= 32; keyLength++) {
      for (const length of [0, 1, 60, 63, 64, 65, 116, 128, 132, 148]) {
        const [key, input] = [bytes(keyLength, length), bytes(length, keyLength)]
        expect(keyedBlake2s(key, input), `${keyLength} ${length}`).toEqual(nobleBlake2s(input, { key, dkLen: 16 }))
      }
    }
  })

  it('in HMAC is noble’s for every length of key, and for messages empty or long', () => {
    for (let keyLength = 0; keyLength <= 130; keyLength++) {
      for (const length of [0, 1, 32, 63, 64, 65, 130]) {
        const [key, input] = [bytes(keyLength, length), bytes(length, keyLength)]
        expect(hmacBlake2s(key, input), `${keyLength} ${length}`).toEqual(nobleHmac(nobleBlake2s, key, input))
      }
    }
  })
})

describe('Kdf', () => {
  it('is HMAC upon HMAC, for one output or three and every length of input', () => {
    const key = bytes(32, 1)
    for (let length = 0; length <= 64; length++) {
      const input = bytes(length, length)
      const secret = nobleHmac(nobleBlake2s, key, input)
      const first = nobleHmac(nobleBlake2s, secret, Uint8Array.of(1))
      const second = nobleHmac(nobleBlake2s, secret, Uint8Array.of(...first, 2))
      const third = nobleHmac(nobleBlake2s, secret, Uint8Array.of(...second, 3))
      expect(kdfBlake2s(key, input, 3), `${length}`).toEqual([first, second, third])
      expect(kdfBlake2s(key, input, 2)).toEqual([first, second])
      expect(kdfBlake2s(key, input, 1)).toEqual([first])
    }
  })

  it('is noble’s whatever the bytes are', () => {
    const key = fc.uint8Array({ minLength: 32, maxLength: 32 })
    fc.assert(
      fc.property(key, blob(64), fc.integer({ min: 1, max: 3 }), (chainingKey, input, count) => {
        expect(kdfBlake2s(chainingKey, input, count)).toEqual(noble.kdf(chainingKey, input, count))
      }),
    )
  })

  it('does not change what it is given', () => {
    const [key, input] = [bytes(32, 1), bytes(32, 2)]
    kdfBlake2s(key, input, 3)
    hmacBlake2s(key, input)
    expect([key, input]).toEqual([bytes(32, 1), bytes(32, 2)])
  })
})

describe.each([
  ['ours', kdfBlake2s],
  ['noble’s', noble.kdf],
])('%s Kdf says what is wrong with', (_, kdf) => {
  it('a chaining key of 31 bytes', () => {
    expect(() => kdf(new Uint8Array(31), none, 1)).toThrow(new RangeError('a chaining key has 32 bytes, not 31'))
  })

  it('an input of 65 bytes', () => {
    expect(() => kdf(new Uint8Array(32), new Uint8Array(65), 1)).toThrow(
      new RangeError('the input of a Kdf has at most 64 bytes, not 65'),
    )
  })
})
