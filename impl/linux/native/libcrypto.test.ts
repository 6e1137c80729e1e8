import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { noble } from '../../crypto/noble.ts'
import { nodeCrypto } from '../../crypto/node/provider.ts'
import type { CryptoProvider } from '../../crypto/provider.ts'
import { loadLibcrypto } from './libcrypto.ts'

const loaded = loadLibcrypto()
const missing = 'missing' in loaded ? loaded.missing : undefined
const libcrypto = loaded as CryptoProvider
const NONE = new Uint8Array(0)

const key = fc.uint8Array({ minLength: 32, maxLength: 32 })
const message = fc.uint8Array({ maxLength: 2000, size: 'max' })
const counter = fc.oneof(fc.nat(), fc.maxSafeNat(), fc.constantFrom(0xffff_ffff, 2 ** 32, Number.MAX_SAFE_INTEGER))

describe.skipIf(missing !== undefined)(`libcrypto${missing === undefined ? '' : ` (missing: ${missing})`}`, () => {
  it('seals in place what noble and node:crypto seal, anywhere in a buffer, and nothing beside it', () => {
    fc.assert(
      fc.property(key, counter, message, fc.nat(40), fc.nat(9), (k, n, plaintext, from, after) => {
        const wanted = noble.aead(k).seal(BigInt(n), plaintext, NONE)
        expect(nodeCrypto.aead(k).seal(BigInt(n), plaintext, NONE)).toEqual(wanted)
        const { bytes, untouched } = placed(plaintext, from, after + 16)
        libcrypto.aead(k).sealInPlace?.(n, bytes, from, plaintext.length)
        expect(hex(bytes.subarray(from, from + wanted.length))).toBe(hex(wanted))
        expect(untouched(from, wanted.length)).toBe(true)
      }),
    )
  })

  it('opens in place what noble sealed', () => {
    fc.assert(
      fc.property(key, counter, message, fc.nat(40), fc.nat(9), (k, n, plaintext, from, after) => {
        const sealed = noble.aead(k).seal(BigInt(n), plaintext, NONE)
        const { bytes, untouched } = placed(sealed, from, after)
        expect(libcrypto.aead(k).openInPlace?.(n, bytes, from, sealed.length)).toBe(true)
        expect(hex(bytes.subarray(from, from + plaintext.length))).toBe(hex(plaintext))
        expect(untouched(from, sealed.length)).toBe(true)
      }),
    )
  })

  it('refuses a flipped bit, another counter, another key and a cut, and works on after it', () => {
    fc.assert(
      fc.property(key, fc.nat(), message, fc.nat(), (k, n, plaintext, at) => {
        const aead = libcrypto.aead(k)
        const sealed = noble.aead(k).seal(BigInt(n), plaintext, NONE)
        const flipped = sealed.slice()
        flipped[at % flipped.length]! ^= 1 << (at % 8)
        const open = (bytes: Uint8Array, counter: number, by = aead) =>
          by.openInPlace?.(counter, bytes.slice(), 0, bytes.length)
        expect(open(flipped, n)).toBe(false)
        expect(open(sealed, n + 1)).toBe(false)
        expect(open(sealed.subarray(0, at % sealed.length), n)).toBe(false)
        const other = libcrypto.aead(k.map((byte, i) => (i === at % 32 ? byte ^ 1 : byte)))
        expect(open(sealed, n, other)).toBe(false)
        expect(open(sealed, n)).toBe(true)
      }),
    )
  })

  it('uses one key in both directions and in both forms', () => {
    fc.assert(
      fc.property(key, fc.array(fc.tuple(fc.nat(3), message), { maxLength: 8 }), (k, steps) => {
        const aead = libcrypto.aead(k)
        const oracle = noble.aead(k)
        steps.forEach(([form, plaintext], n) => {
          const sealed = oracle.seal(BigInt(n), plaintext, NONE)
          const bytes = new Uint8Array(plaintext.length + 16)
          if (form === 0) bytes.set(plaintext)
          else bytes.set(sealed)
          if (form === 0) {
            aead.sealInPlace?.(n, bytes, 0, plaintext.length)
            expect(hex(bytes)).toBe(hex(sealed))
          } else if (form === 1) expect(aead.openInPlace?.(n, bytes, 0, bytes.length)).toBe(true)
          else if (form === 2) expect(hex(aead.seal(BigInt(n), plaintext, NONE))).toBe(hex(sealed))
          else expect(hex(aead.open(BigInt(n), sealed, NONE) ?? NONE)).toBe(hex(plaintext))
        })
      }),
    )
  })

  it('leaves the caller its key', () => {
    const k = new Uint8Array(32).fill(7)
    libcrypto.aead(k).sealInPlace?.(0, new Uint8Array(16), 0, 0)
    expect(k).toEqual(new Uint8Array(32).fill(7))
  })
})

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

/** The bytes in a larger buffer of 0xee, and whether that is still so everywhere else. */
function placed(content: Uint8Array, from: number, after: number) {
  const bytes = new Uint8Array(from + content.length + after).fill(0xee)
  bytes.set(content, from)
  const untouched = (start: number, length: number) =>
    bytes.every((byte, i) => byte === 0xee || (i >= start && i < start + length))
  return { bytes, untouched }
}
