import { blake2s } from '@noble/hashes/blake2.js'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { noble } from './noble.ts'
import { nodeCrypto } from './node/provider.ts'
import type { CryptoProvider } from './provider.ts'

const providers = [noble, nodeCrypto]
const none = new Uint8Array(0)
const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'))
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const ascii = (words: string): Uint8Array => Uint8Array.from(Buffer.from(words, 'latin1'))

/** Bytes that begin anywhere in their buffer, as a subarray of a datagram does. */
const bytes = (minLength: number, maxLength: number): fc.Arbitrary<Uint8Array> =>
  fc.tuple(fc.uint8Array({ minLength, maxLength, size: 'max' }), fc.nat(7)).map(([content, offset]) => {
    const buffer = new Uint8Array(content.length + offset + 3)
    buffer.set(content, offset)
    return buffer.subarray(offset, offset + content.length)
  })
const key = bytes(32, 32)
const message = bytes(0, 2000)
const parts = fc.array(bytes(0, 300), { maxLength: 5 })
const counter = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })

describe('the two providers', () => {
  it('seal alike, and open what the other sealed', () => {
    fc.assert(
      fc.property(key, counter, message, bytes(0, 64), (k, n, plaintext, additional) => {
        const ours = noble.aead(k)
        const theirs = nodeCrypto.aead(k)
        const sealed = ours.seal(n, plaintext, additional)
        expect(theirs.seal(n, plaintext, additional)).toEqual(sealed)
        for (const aead of [ours, theirs]) {
          expect(aead.seal(n, plaintext, additional, 16)).toEqual(Uint8Array.of(...new Uint8Array(16), ...sealed))
        }
        expect(ours.open(n, sealed, additional)).toEqual(Uint8Array.from(plaintext))
        expect(theirs.open(n, sealed, additional)).toEqual(Uint8Array.from(plaintext))
      }),
    )
  })

  it('refuse alike what one flipped bit, another counter, other additional data or a cut made wrong', () => {
    fc.assert(
      fc.property(key, counter, bytes(0, 100), bytes(1, 20), fc.nat(), (k, n, plaintext, additional, at) => {
        const sealed = noble.aead(k).seal(n, plaintext, additional)
        const flipped = Uint8Array.from(sealed)
        const position = at % flipped.length
        flipped[position] = (flipped[position] ?? 0) ^ (1 << (at % 8))
        for (const provider of providers) {
          const aead = provider.aead(k)
          expect(aead.open(n, flipped, additional)).toBeUndefined()
          expect(aead.open(n ^ 1n, sealed, additional)).toBeUndefined()
          expect(aead.open(n, sealed, none)).toBeUndefined()
          expect(aead.open(n, sealed.subarray(0, at % sealed.length), additional)).toBeUndefined()
          expect(aead.open(n, sealed, additional)).toEqual(Uint8Array.from(plaintext))
        }
      }),
    )
  })

  it('hash alike, in one part or in many', () => {
    fc.assert(
      fc.property(parts, message, (some, one) => {
        const joined = Uint8Array.from(Buffer.concat(some))
        expect(nodeCrypto.hash(...some)).toEqual(noble.hash(...some))
        expect(nodeCrypto.hash(...some)).toEqual(noble.hash(joined))
        expect(nodeCrypto.hash(one)).toEqual(noble.hash(one))
      }),
    )
  })

  it('hmac alike, under keys of every length', () => {
    fc.assert(
      fc.property(bytes(0, 100), parts, message, (k, some, one) => {
        const joined = Uint8Array.from(Buffer.concat(some))
        expect(nodeCrypto.hmac(k, ...some)).toEqual(noble.hmac(k, ...some))
        expect(nodeCrypto.hmac(k, ...some)).toEqual(noble.hmac(k, joined))
        expect(nodeCrypto.hmac(k, one)).toEqual(noble.hmac(k, one))
      }),
    )
  })

  it('mac alike, in one part or in many', () => {
    fc.assert(
      fc.property(bytes(1, 32), parts, (k, some) => {
        expect(nodeCrypto.mac(k, ...some)).toEqual(noble.mac(k, Uint8Array.from(Buffer.concat(some))))
        expect(noble.mac(k, ...some)).toHaveLength(16)
      }),
    )
  })

  it('xseal alike, and open what the other sealed but nothing else', () => {
    fc.assert(
      fc.property(key, bytes(24, 24), message, bytes(0, 64), fc.nat(), (k, nonce, plaintext, additional, at) => {
        const sealed = noble.xseal(k, nonce, plaintext, additional)
        expect(nodeCrypto.xseal(k, nonce, plaintext, additional)).toEqual(sealed)
        expect(nodeCrypto.xopen(k, nonce, sealed, additional)).toEqual(Uint8Array.from(plaintext))
        const flipped = Uint8Array.from(sealed)
        flipped[at % flipped.length] = (flipped[at % flipped.length] ?? 0) ^ 1
        for (const provider of providers) {
          expect(provider.xopen(k, nonce, flipped, additional)).toBeUndefined()
          expect(provider.xopen(k, nonce, sealed.subarray(0, at % sealed.length), additional)).toBeUndefined()
        }
      }),
    )
  })

  it('agree on public keys and on every DH, whatever the 32 bytes are', () => {
    fc.assert(
      fc.property(key, key, (a, b) => {
        const ours = noble.privateKey(a)
        const theirs = nodeCrypto.privateKey(a)
        expect(theirs.publicKey).toEqual(ours.publicKey)
        expect(theirs.dh(b)).toEqual(ours.dh(b))
        expect(noble.privateKey(b).dh(theirs.publicKey)).toEqual(theirs.dh(nodeCrypto.privateKey(b).publicKey))
      }),
      { numRuns: 40 },
    )
  })

  it('keep a copy of their keys', () => {
    for (const provider of providers) {
      const k = new Uint8Array(32).fill(7)
      const aead = provider.aead(k)
      const dh = provider.privateKey(k)
      const sealed = aead.seal(1n, ascii('text'), none)
      const shared = dh.dh(dh.publicKey)
      k.fill(0)
      expect(aead.open(1n, sealed, none)).toEqual(ascii('text'))
      expect(dh.dh(dh.publicKey)).toEqual(shared)
    }
  })
})

describe.each(providers.map(provider => [provider.name, provider] as const))('%s', (_name, provider) => {
  it('computes RFC 8439 A.5', () => {
    const aead = provider.aead(hex('1c9240a5eb55d38af333888604f6b5f0473917c1402b80099dca5cbc207075c0'))
    const plaintext = ascii(
      'Internet-Drafts are draft documents valid for a maximum of six months and may be updated, replaced, or obsoleted by ' +
        'other documents at any time. It is inappropriate to use Internet-Drafts as reference material or to cite them other ' +
        'than as /\xe2\x80\x9cwork in progress./\xe2\x80\x9d',
    )
    const additional = hex('f33388860000000000004e91')
    const sealed = aead.seal(0x0807060504030201n, plaintext, additional)
    expect(text(sealed.subarray(0, 32))).toBe('64a0861575861af460f062c79be643bd5e805cfd345cf389f108670ac76c8cb2')
    expect(text(sealed.subarray(265))).toBe('eead9d67890cbb22392336fea1851f38')
    expect(aead.open(0x0807060504030201n, sealed, additional)).toEqual(plaintext)
  })

  it('computes the XChaCha20-Poly1305 example of draft-irtf-cfrg-xchacha-03 A.3.1', () => {
    const plaintext = ascii(
      "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.",
    )
    const k = hex('808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f')
    const nonce = hex('404142434445464748494a4b4c4d4e4f5051525354555657')
    const additional = hex('50515253c0c1c2c3c4c5c6c7')
    const sealed = provider.xseal(k, nonce, plaintext, additional)
    expect(text(sealed)).toBe(
      'bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216cb96' +
        'b72e1213b4522f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff921f9664c97637da9768812f615c68b13b52e' +
        'c0875924c1c7987947deafd8780acf49',
    )
    expect(provider.xopen(k, nonce, sealed, additional)).toEqual(plaintext)
  })

  it.each([
    [
      'RFC 7748 §5.2, first',
      'a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4',
      'e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c',
      'c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552',
    ],
    [
      'RFC 7748 §5.2, second: the top bit of u is ignored',
      '4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d',
      'e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493',
      '95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957',
    ],
    [
      'RFC 7748 §6.1',
      '77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a',
      'de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f',
      '4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742',
    ],
  ])('%s', (_title, scalar, u, product) => {
    expect(text(provider.privateKey(hex(scalar)).dh(hex(u)) ?? none)).toBe(product)
  })

  it('refuses the points of low order, canonical or not', () => {
    const points = [
      '0000000000000000000000000000000000000000000000000000000000000000',
      '0100000000000000000000000000000000000000000000000000000000000000',
      'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
      '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
      'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
      'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
      'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
    ].map(hex)
    const withTopBit = points.map(point => Uint8Array.from(point, (byte, i) => (i === 31 ? byte | 0x80 : byte)))
    const secret = provider.privateKey(new Uint8Array(32).fill(0x42))
    for (const point of [...points, ...withTopBit]) expect(secret.dh(point), text(point)).toBeUndefined()
  })

  it('computes the BLAKE2s example of RFC 7693 B', () => {
    expect(text(provider.hash(ascii('abc')))).toBe('508c5e8c327c14e2e1a72ba34eeb452f37458b209ed63a294d999b4c86675982')
  })

  it('passes the BLAKE2s self-test of RFC 7693 E', () => {
    expect(text(selfTest(provider))).toBe('6a411f08ce25adcdfb02aba641451cec53c598b24f4fc787fbdc88797f4c1dfe')
  })

  it.each([
    [
      'a private key of 31 bytes',
      (p: CryptoProvider) => p.privateKey(new Uint8Array(31)),
      'an X25519 private key has 32 bytes, not 31',
    ],
    [
      'a public key of 33 bytes',
      (p: CryptoProvider) => p.privateKey(new Uint8Array(32)).dh(new Uint8Array(33)),
      'an X25519 public key has 32 bytes, not 33',
    ],
    ['an AEAD key of 0 bytes', (p: CryptoProvider) => p.aead(none), 'a ChaCha20-Poly1305 key has 32 bytes, not 0'],
    [
      'a mac key of 33 bytes',
      (p: CryptoProvider) => p.mac(new Uint8Array(33)),
      'a BLAKE2s key has 1 to 32 bytes, not 33',
    ],
    ['a mac key of 0 bytes', (p: CryptoProvider) => p.mac(none), 'a BLAKE2s key has 1 to 32 bytes, not 0'],
    [
      'an xseal key of 16 bytes',
      (p: CryptoProvider) => p.xseal(new Uint8Array(16), new Uint8Array(24), none, none),
      'an XChaCha20-Poly1305 key has 32 bytes, not 16',
    ],
    [
      'an xopen nonce of 12 bytes',
      (p: CryptoProvider) => p.xopen(new Uint8Array(32), new Uint8Array(12), none, none),
      'an XChaCha20-Poly1305 nonce has 24 bytes, not 12',
    ],
  ])('says what is wrong with %s', (_title, act, sentence) => {
    expect(() => act(provider)).toThrow(new RangeError(sentence))
  })
})

/** RFC 7693 E: every digest length, keyed and not, folded into one hash. What the provider offers of them, it computes. */
function selfTest(provider: CryptoProvider): Uint8Array {
  const folded: Uint8Array[] = []
  for (const dkLen of [16, 20, 28, 32]) {
    for (const length of [0, 3, 64, 65, 255, 1024]) {
      const input = sequence(length, length)
      const k = sequence(dkLen, dkLen)
      folded.push(dkLen === 32 ? provider.hash(input) : blake2s(input, { dkLen }))
      folded.push(dkLen === 16 ? provider.mac(k, input) : blake2s(input, { dkLen, key: k }))
    }
  }
  return provider.hash(...folded)
}

/** The RFC's deterministic bytes: Fibonacci numbers modulo 2^32, the top byte of each. */
function sequence(length: number, seed: number): Uint8Array {
  let a = Math.imul(0xdead4bad, seed) >>> 0
  let b = 1
  return Uint8Array.from({ length }, () => {
    const t = (a + b) >>> 0
    a = b
    b = t
    return t >>> 24
  })
}
