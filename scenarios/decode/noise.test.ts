import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fromBase64, toBase64, toHex } from './base64.ts'
import { Decryptor } from './decrypt.ts'
import {
  buildCookieReply,
  buildInitiation,
  buildResponse,
  consumeInitiation,
  consumeResponse,
  INITIAL_CHAINING_KEY,
  INITIAL_HASH,
  mac2,
  makeCookie,
  type Outcome,
  openCookieReply,
  openTransport,
  pad,
  publicKey,
  putMacs,
  readTai64n,
  sealTransport,
  sharedSecret,
  tai64n,
} from './noise.ts'
import { icmp, ipv4, udp } from './testing.ts'
import { decodeWireGuard, fieldRange } from './wireguard.ts'

const bytes32 = (first: number) => Uint8Array.from({ length: 32 }, (_, i) => (first * 37 + i * 11) & 255)
const ALICE = bytes32(1)
const BOB = bytes32(2)
const E_ALICE = bytes32(3)
const E_BOB = bytes32(4)
const PSK = bytes32(5)

function value<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new Error(outcome.because)
  return outcome.value
}

function shake(psk?: Uint8Array) {
  const first = buildInitiation({
    staticPrivate: ALICE,
    remoteStatic: publicKey(BOB),
    ephemeralPrivate: E_ALICE,
    sender: 0x11223344,
    timestamp: tai64n(1_700_000_000, 123_456_789),
  })
  const heard = value(consumeInitiation(BOB, first.message))
  const second = buildResponse({
    state: heard,
    ephemeralPrivate: E_BOB,
    sender: 0x55667788,
    ...(psk === undefined ? {} : { psk }),
  })
  return { first, heard, second }
}

test('the transcript begins with the two published constants', () => {
  expect(toHex(INITIAL_CHAINING_KEY)).toBe('60e26daef327efc02ec335e2a025d2d016eb4206f87277f52d38d1988b78cd36')
  expect(toHex(INITIAL_HASH)).toBe('2211b361081ac566691243db458ad5322d9c6c662293e8b70ee19c65ba079ef3')
})

test('X25519 of RFC 7748 §6.1', () => {
  const a = Uint8Array.from(Buffer.from('77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a', 'hex'))
  const b = Uint8Array.from(Buffer.from('5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb', 'hex'))
  expect(toHex(publicKey(a))).toBe('8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a')
  expect(toHex(sharedSecret(b, publicKey(a)) ?? new Uint8Array())).toBe(
    '4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742',
  )
})

describe('a handshake', () => {
  test.each([undefined, PSK])('%# ends in the same keys on both sides', psk => {
    const { first, heard, second } = shake(psk)
    expect(heard.remoteStatic).toEqual(publicKey(ALICE))
    expect(readTai64n(heard.timestamp)).toEqual({ sec: 1_700_000_000, nsec: 123_456_789 })
    const session = value(consumeResponse(first.state, second.message, psk))
    expect(session).toEqual({
      localIndex: 0x11223344,
      remoteIndex: 0x55667788,
      sendKey: second.session.receiveKey,
      receiveKey: second.session.sendKey,
    })
    for (const counter of [0n, 1n, 2n ** 64n - 1n]) {
      const sealed = sealTransport(session, counter, Uint8Array.of(1, 2, 3))
      expect(value(openTransport(second.session, sealed))).toEqual({ counter, plaintext: Uint8Array.of(1, 2, 3) })
    }
  })

  test('another preshared key, another receiver, another initiation are refused by name', () => {
    const { first, second } = shake(PSK)
    expect(consumeResponse(first.state, second.message)).toEqual({
      ok: false,
      because: 'it does not open: another preshared key, or other keys',
    })
    expect(consumeInitiation(ALICE, first.message)).toEqual({ ok: false, because: 'mac1 is not for this key' })
    const other = { ...first.state, sender: 1 }
    expect(consumeResponse(other, second.message, PSK)).toEqual({ ok: false, because: 'it answers another initiation' })
  })

  test('every flipped bit of an initiation and of a response is seen, but in mac2', () => {
    const { first, second } = shake()
    const flip = (message: Uint8Array, bit: number) => {
      const copy = message.slice()
      copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      return copy
    }
    fc.assert(
      fc.property(fc.nat(148 * 8 - 1), bit => {
        expect(consumeInitiation(BOB, flip(first.message, bit)).ok).toBe(bit >= 132 * 8)
      }),
      { numRuns: 40 },
    )
    fc.assert(
      fc.property(fc.nat(92 * 8 - 1), bit => {
        expect(consumeResponse(first.state, flip(second.message, bit)).ok).toBe(bit >= 76 * 8)
      }),
      { numRuns: 40 },
    )
  })

  test('an ephemeral key of low order is refused', () => {
    const { first } = shake()
    const message = first.message.slice()
    message.fill(0, 8, 40)
    putMacs(message, publicKey(BOB))
    expect(sharedSecret(BOB, new Uint8Array(32))).toBeUndefined()
    expect(consumeInitiation(BOB, message)).toEqual({ ok: false, because: 'the ephemeral key is of low order' })
  })
})

describe('cookies', () => {
  test('a reply opens for the message it answers alone, and gives mac2', () => {
    const { first } = shake()
    const cookie = makeCookie(bytes32(7), Uint8Array.of(192, 0, 2, 1), 51820)
    const reply = buildCookieReply({
      ownStatic: publicKey(BOB),
      receiver: 0x11223344,
      mac1: first.state.mac1,
      nonce: bytes32(8).slice(0, 24),
      cookie,
    })
    expect(decodeWireGuard(reply)).toMatchObject({ kind: 'cookie-reply', receiver: 0x11223344, size: 64 })
    expect(openCookieReply(publicKey(BOB), reply, first.state.mac1)).toEqual({ ok: true, value: cookie })
    expect(openCookieReply(publicKey(BOB), reply, new Uint8Array(16)).ok).toBe(false)
    expect(openCookieReply(publicKey(ALICE), reply, first.state.mac1).ok).toBe(false)
    const again = buildInitiation({
      staticPrivate: ALICE,
      remoteStatic: publicKey(BOB),
      ephemeralPrivate: E_ALICE,
      sender: 1,
      timestamp: tai64n(0, 0),
      cookie,
    })
    expect(again.message.slice(132)).toEqual(mac2(again.message, cookie))
    expect(makeCookie(bytes32(7), Uint8Array.of(192, 0, 2, 1), 51821)).not.toEqual(cookie)
  })
})

test('TAI64N: the epoch and times before it', () => {
  expect(toHex(tai64n(0, 0))).toBe('400000000000000a00000000')
  expect(toHex(tai64n(-11, 999_999_999))).toBe('3fffffffffffffff3b9ac9ff')
  fc.assert(
    fc.property(fc.maxSafeInteger(), fc.nat(999_999_999), (sec, nsec) => {
      expect(readTai64n(tai64n(sec, nsec))).toEqual({ sec, nsec })
    }),
  )
})

test('base64 reads what it writes and refuses what is not canonical', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 70 }), bytes => {
      expect(fromBase64(toBase64(bytes))).toEqual(bytes)
      expect(toBase64(bytes)).toBe(Buffer.from(bytes).toString('base64'))
    }),
  )
  for (const bad of ['A', 'AA=A', 'AB==', '====', 'AA-_', 'AAA ']) expect(fromBase64(bad)).toBeUndefined()
})

test('the fields of a message cover it without gap or overlap', () => {
  const { first, second } = shake()
  const reply = new Uint8Array(64).fill(3, 0, 1)
  const data = sealTransport(second.session, 0n, new Uint8Array(48))
  const names =
    'type reserved sender receiver ephemeral static timestamp nothing nonce cookie counter payload tag mac1 mac2'
  for (const message of [first.message, second.message, reply, data]) {
    let at = 0
    const ranges = names
      .split(' ')
      .map(name => fieldRange(message, name as 'type'))
      .filter(range => range !== undefined)
      .sort((a, b) => a[0] - b[0])
    for (const [start, end] of ranges) {
      expect(start).toBe(at)
      at = end
    }
    expect(at).toBe(message.length)
  }
})

describe('a trace is read with its key log', () => {
  const ping = icmp('10.0.0.1', '10.0.0.2', 8, 0, [0, 1, 0, 1, ...new Array<number>(50).fill(5)])
  const up = (payload: Uint8Array) => udp('192.0.2.1', 1, '203.0.113.2', 2, payload)

  const sides = [
    ['the initiator alone', { statics: [ALICE], ephemerals: [E_ALICE], publics: [publicKey(BOB)] }],
    ['the responder alone', { statics: [BOB], ephemerals: [E_BOB] }],
    ['both static keys and the ephemeral of the responder', { statics: [ALICE, BOB], ephemerals: [E_BOB] }],
    ['both static keys and the ephemeral of the initiator', { statics: [ALICE, BOB], ephemerals: [E_ALICE] }],
  ] as const

  test.each(sides)('%s', (_, keys) => {
    const { first, second } = shake(PSK)
    const session = value(consumeResponse(first.state, second.message, PSK))
    const decryptor = new Decryptor({ ...keys, presharedKeys: [bytes32(77), PSK] })
    const seen = [
      first.message,
      second.message,
      second.message,
      sealTransport(session, 0n, pad(ping)),
      sealTransport(second.session, 0n, new Uint8Array(0)),
      Uint8Array.of(1, 2, 3),
    ].map(payload => decryptor.packet(up(payload)))
    const [a, b] = [publicKey(ALICE), publicKey(BOB)]
    expect(seen).toEqual([
      { kind: 'initiation', from: a, to: b, timestamp: tai64n(1_700_000_000, 123_456_789) },
      { kind: 'response', from: b, to: a },
      { kind: 'response', from: b, to: a },
      { kind: 'inner', counter: 0n, packet: ping, padding: 2, all: pad(ping) },
      { kind: 'keepalive', counter: 0n },
      { kind: 'other' },
    ])
  })

  test('what is missing is said', () => {
    const { first, second } = shake()
    const data = up(sealTransport(second.session, 0n, ping))
    const said = (decryptor: Decryptor) => [first.message, second.message].map(m => decryptor.packet(up(m)))
    expect(said(new Decryptor())).toEqual([
      { kind: 'locked', because: 'no known key has this mac1' },
      { kind: 'locked', because: 'the initiation it answers was not seen or not read' },
    ])
    const statics = new Decryptor({ statics: [ALICE, BOB] })
    expect(said(statics)[1]).toEqual({ kind: 'locked', because: 'no ephemeral private key of either side is known' })
    expect(statics.packet(data)).toEqual({ kind: 'locked', because: 'its handshake was not seen or not read' })
    const late = new Decryptor({ statics: [ALICE, BOB] })
    said(late)
    late.addLine({ kind: 'LOCAL_EPHEMERAL_PRIVATE_KEY', reveal: () => toBase64(E_ALICE) })
    expect(said(late)[1]?.kind).toBe('response')
    expect(late.packet(data).kind).toBe('inner')
    expect(() => late.addLine({ kind: 'PRESHARED_KEY', reveal: () => 'AAAA' })).toThrow(
      'a PRESHARED_KEY of the key log is not base64 of 32 bytes',
    )
  })

  test('fragments of the wire are put together first', () => {
    const { first, second } = shake()
    const decryptor = new Decryptor({ statics: [ALICE, BOB], ephemerals: [E_BOB] })
    for (const message of [first.message, second.message]) decryptor.packet(up(message))
    const whole = up(sealTransport(second.session, 7n, pad(ping)))
    const one = ipv4('192.0.2.1', '203.0.113.2', 17, whole.slice(20, 60), { more: true })
    const two = ipv4('192.0.2.1', '203.0.113.2', 17, whole.slice(60), { offset: 40 })
    expect(decryptor.packet(two)).toEqual({ kind: 'part' })
    expect(decryptor.packet(one)).toMatchObject({ kind: 'inner', counter: 7n, packet: ping })
  })
})
