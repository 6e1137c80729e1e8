import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Endpoint, type Instant, instant, NS_PER_S, type Random } from '../box.ts'
import { noble } from '../crypto/noble.ts'
import { nodeCrypto } from '../crypto/node/provider.ts'
import { CookieChecker, CookieJar, CookieSecret } from './cookie.ts'

/** Different bytes at every draw, the same in every run. */
function counting(): Random {
  let draws = 0
  return {
    bytes(length) {
      draws++
      return Uint8Array.from({ length }, (_, i) => (draws * 37 + i * 11) & 255)
    },
    below: () => expect.unreachable('cookies draw bytes'),
    split: () => expect.unreachable('nothing to split'),
  }
}

const publicKey = Uint8Array.from({ length: 32 }, (_, i) => 200 - i)
const otherKey = Uint8Array.from({ length: 32 }, (_, i) => 100 + i)
const from: Endpoint = { address: Uint8Array.of(192, 0, 2, 1), port: 51820 }
const at = (s: number, ns = 0): Instant => instant(s * NS_PER_S + ns)
const message = (fill: number, length = 148): Uint8Array => new Uint8Array(length).fill(fill)
const mac2Of = (bytes: Uint8Array): Uint8Array => bytes.subarray(-16)
const zeros = new Uint8Array(16)

/** A pair that has exchanged one message and one reply at `s` seconds; the secret is from then, or from `born`. */
function acquainted(s: number, born = s): { checker: CookieChecker; jar: CookieJar } {
  const secret = new CookieSecret(counting(), at(born))
  const checker = new CookieChecker(nodeCrypto, counting(), publicKey, secret)
  const jar = new CookieJar(nodeCrypto, publicKey)
  const first = message(1)
  jar.addMacs(at(s), first)
  const reply = checker.createReply(at(s), first, 7, from)
  expect(jar.consumeReply(at(s), reply)).toBe('accepted')
  return { checker, jar }
}

describe('mac1', () => {
  it('is valid for the key it was made for, over every byte before it, and for nobody else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 200 }), fc.nat(), (bytes, where) => {
        const jar = new CookieJar(noble, publicKey)
        jar.addMacs(at(0), bytes)
        const checker = new CookieChecker(nodeCrypto, counting(), publicKey)
        expect(checker.validateMac1(bytes)).toBe(true)
        expect(new CookieChecker(noble, counting(), otherKey).validateMac1(bytes)).toBe(false)
        const covered = bytes.length - 16
        const flipped = Uint8Array.from(bytes)
        flipped[where % covered] = (flipped[where % covered] ?? 0) ^ 0x10
        expect(checker.validateMac1(flipped)).toBe(false)
        flipped.set(bytes)
        flipped.fill(0x5a, covered)
        expect(checker.validateMac1(flipped)).toBe(true)
      }),
    )
  })

  it('is keyed with HASH(Label-Mac1 ‖ public key), and covers the message without its macs', () => {
    const bytes = message(9)
    new CookieJar(noble, publicKey).addMacs(at(0), bytes)
    const key = noble.hash(Uint8Array.from(Buffer.from('mac1----')), publicKey)
    expect(bytes.subarray(116, 132)).toEqual(noble.mac(key, message(9, 116)))
    expect(mac2Of(bytes)).toEqual(zeros)
  })

  it('is wrong in a message too short for macs, and can not be written there', () => {
    const checker = new CookieChecker(noble, counting(), publicKey)
    expect(checker.validateMac1(new Uint8Array(31))).toBe(false)
    expect(checker.validateMac2(at(0), new Uint8Array(31), from)).toBe(false)
    expect(() => new CookieJar(noble, publicKey).addMacs(at(0), new Uint8Array(31))).toThrow(
      new RangeError('a message with macs has at least 32 bytes, not 31'),
    )
  })
})

describe('a cookie reply', () => {
  it('has 64 bytes: type 3, the sender index, a nonce, and the sealed cookie of address and port', () => {
    const random = counting()
    const checker = new CookieChecker(noble, random, publicKey)
    const first = message(3)
    new CookieJar(noble, publicKey).addMacs(at(0), first)
    const reply = checker.createReply(at(0), first, 0xfedcba98, from)
    expect(Buffer.from(reply.subarray(0, 8)).toString('hex')).toBe('0300000098badcfe')
    expect(reply).toHaveLength(64)

    const draws = counting()
    const nonce = draws.bytes(24)
    const secret = draws.bytes(32)
    expect(reply.subarray(8, 32)).toEqual(nonce)
    const cookie = noble.mac(secret, Uint8Array.of(192, 0, 2, 1, 51820 >> 8, 51820 & 255))
    const key = noble.hash(Uint8Array.from(Buffer.from('cookie--')), publicKey)
    expect(noble.xopen(key, nonce, reply.subarray(32), first.subarray(116, 132))).toEqual(cookie)
  })

  it('draws a new nonce each time', () => {
    const checker = new CookieChecker(noble, counting(), publicKey)
    const first = message(3)
    const nonces = [1, 2, 3].map(() =>
      Buffer.from(checker.createReply(at(0), first, 1, from).subarray(8, 32)).toString('hex'),
    )
    expect(new Set(nonces).size).toBe(3)
  })

  it('is refused before any mac1, with a flipped bit, cut, for another message, and the second time', () => {
    const checker = new CookieChecker(noble, counting(), publicKey)
    const jar = new CookieJar(noble, publicKey)
    const older = message(1)
    const newer = message(2)
    expect(jar.consumeReply(at(0), new Uint8Array(64))).toBe('no-mac1-sent')
    jar.addMacs(at(0), older)
    const stale = checker.createReply(at(0), older, 1, from)
    jar.addMacs(at(0), newer)
    const fresh = checker.createReply(at(0), newer, 1, from)
    const flipped = Uint8Array.from(fresh)
    flipped[40] = (flipped[40] ?? 0) ^ 1
    expect(jar.consumeReply(at(0), stale)).toBe('bad-tag')
    expect(jar.consumeReply(at(0), flipped)).toBe('bad-tag')
    expect(jar.consumeReply(at(0), fresh.subarray(0, 63))).toBe('bad-tag')
    expect(jar.consumeReply(at(0), fresh)).toBe('accepted')
    expect(jar.consumeReply(at(0), fresh)).toBe('no-mac1-sent')
  })
})

describe('mac2', () => {
  it('is valid from the address and port that asked, and from nowhere else', () => {
    const { checker, jar } = acquainted(10)
    const second = message(2)
    jar.addMacs(at(11), second)
    expect(checker.validateMac1(second)).toBe(true)
    expect(checker.validateMac2(at(11), second, from)).toBe(true)
    expect(checker.validateMac2(at(11), second, { ...from, port: from.port ^ 1 })).toBe(false)
    expect(checker.validateMac2(at(11), second, { ...from, port: from.port ^ 0x100 })).toBe(false)
    expect(checker.validateMac2(at(11), second, { ...from, address: Uint8Array.of(192, 0, 2, 2) })).toBe(false)
    const mapped = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 192, 0, 2, 1)
    expect(checker.validateMac2(at(11), second, { ...from, address: mapped })).toBe(false)
  })

  it('covers mac1 and everything before it', () => {
    const { checker, jar } = acquainted(0)
    const second = message(2)
    jar.addMacs(at(0), second)
    for (const where of [0, 115, 116, 131, 132, 147]) {
      const flipped = Uint8Array.from(second)
      flipped[where] = (flipped[where] ?? 0) ^ 1
      expect(checker.validateMac2(at(0), flipped, from), `byte ${where}`).toBe(false)
    }
  })

  it('is written until the cookie is 115 s old, and zero from then on', () => {
    const { jar } = acquainted(10)
    const before = message(2)
    const after = message(2)
    jar.addMacs(at(125, -1), before)
    jar.addMacs(at(125), after)
    expect(mac2Of(before)).not.toEqual(zeros)
    expect(mac2Of(after)).toEqual(zeros)
  })

  it('is valid until the secret is 120 s old, and not from then on', () => {
    const { checker, jar } = acquainted(10)
    const second = message(2)
    jar.addMacs(at(11), second)
    expect(checker.validateMac2(at(130, -1), second, from)).toBe(true)
    expect(checker.validateMac2(at(130), second, from)).toBe(false)
  })

  it('is valid until 120 s from the birth of the secret, however late that was first asked for', () => {
    const { checker, jar } = acquainted(100, 0)
    const second = message(2)
    jar.addMacs(at(101), second)
    expect(checker.validateMac2(at(120, -1), second, from)).toBe(true)
    expect(checker.validateMac2(at(120), second, from)).toBe(false)
  })

  it('is drawn anew when it is first asked for at 120 s or later, and lives from then', () => {
    const { checker, jar } = acquainted(300, 0)
    const second = message(2)
    jar.addMacs(at(301), second)
    expect(checker.validateMac2(at(420, -1), second, from)).toBe(true)
    expect(checker.validateMac2(at(420), second, from)).toBe(false)
  })

  it('fails when the cookie came late in the life of a secret, until a new reply brings a new one', () => {
    const { checker, jar } = acquainted(0)
    const late = message(2)
    jar.addMacs(at(119), late)
    expect(jar.consumeReply(at(119), checker.createReply(at(119), late, 1, from))).toBe('accepted')
    const outlived = message(3)
    jar.addMacs(at(121), outlived)
    expect(checker.validateMac2(at(121), outlived, from)).toBe(false)
    expect(jar.consumeReply(at(121), checker.createReply(at(121), outlived, 1, from))).toBe('accepted')
    const renewed = message(4)
    jar.addMacs(at(122), renewed)
    expect(checker.validateMac2(at(122), renewed, from)).toBe(true)
  })

  it('is garbage to a checker that never gave out a cookie', () => {
    const bytes = message(5)
    new CookieJar(noble, publicKey).addMacs(at(0), bytes)
    expect(new CookieChecker(noble, counting(), publicKey).validateMac2(at(0), bytes, from)).toBe(false)
  })
})
