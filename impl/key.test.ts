import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { Key } from './key.ts'

const bytes = Uint8Array.from({ length: 32 }, (_, i) => i + 100)

describe('a secret key', () => {
  it('shows as (key) wherever it is printed', () => {
    const key = new Key(bytes)
    expect([`${key}`, String(key), JSON.stringify({ key }), inspect({ key })]).toEqual([
      '(key)',
      '(key)',
      '{"key":"(key)"}',
      '{ key: (key) }',
    ])
    expect(Object.keys(key)).toEqual([])
  })

  it('is a copy, and gives its bytes when asked', () => {
    const given = bytes.slice()
    const key = new Key(given)
    given.fill(0)
    expect(key.reveal()).toEqual(bytes)
  })

  it('is equal to one of the same bytes, and to no other', () => {
    const other = bytes.slice()
    other[31]! ^= 0x80
    expect(new Key(bytes).equals(new Key(bytes))).toBe(true)
    expect(new Key(bytes).equals(new Key(other))).toBe(false)
  })

  it('can be wiped, and is zero then', () => {
    const key = new Key(bytes)
    expect(key.isZero()).toBe(false)
    key.zero()
    expect(key.isZero()).toBe(true)
    expect(key.reveal()).toEqual(new Uint8Array(32))
  })

  it.each([0, 31, 33])('has 32 bytes and not %d', length => {
    expect(() => new Key(new Uint8Array(length))).toThrow(`a key has 32 bytes, not ${length}`)
  })
})
