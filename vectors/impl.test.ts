/** Every vector is replayed against impl, from the JSON alone, with both providers. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { type Endpoint, instant, NS_PER_S, type Random } from '../impl/box.ts'
import { noble } from '../impl/crypto/noble.ts'
import { nodeCrypto } from '../impl/crypto/node/provider.ts'
import type { CryptoProvider } from '../impl/crypto/provider.ts'
import { formatPrefix, parseAddress, parsePrefix } from '../impl/ip/address.ts'
import { classify, dataMessage, readCounter, readIndex, writeIndex } from '../impl/messages.ts'
import { CookieChecker, CookieJar } from '../impl/noise/cookie.ts'
import {
  authenticateInitiation,
  type CreatedInitiation,
  consumeResponse,
  createInitiation,
  createResponse,
  openInitiation,
  prepareNoise,
} from '../impl/noise/handshake.ts'
import { isAfter, tai64n } from '../impl/noise/tai64n.ts'
import { paddedLength } from '../impl/send.ts'
import { AllowedIps } from '../impl/tables/allowedips.ts'
import { ReplayWindow } from '../impl/tables/replay.ts'
import { hex, unhex } from './bytes.ts'
import { type HandshakeVector, type MessageJson, type Vector, vectorsOf } from './vector.ts'

const read = <K extends Vector['kind']>(topic: string, kind: K): Extract<Vector, { kind: K }>[] =>
  vectorsOf(readFileSync(new URL(`${topic}.json`, import.meta.url), 'utf8'), kind)

const handshakes = read('handshake', 'handshake')
const now = instant(0)

describe.each([noble, nodeCrypto])('$name', crypto => {
  it.each(read('keys', 'public-key'))('keys: $id', vector => {
    expect(hex(crypto.privateKey(unhex(vector.private_key)).publicKey)).toBe(vector.public_key)
    expect(hex(crypto.privateKey(unhex(vector.clamped)).publicKey)).toBe(vector.public_key)
  })

  it.each(read('keys', 'dh'))('keys: $id', vector => {
    const shared = crypto.privateKey(unhex(vector.private_key)).dh(unhex(vector.public_key))
    expect(shared === undefined ? null : hex(shared)).toBe(vector.shared)
  })

  it.each(read('keys', 'kdf'))('keys: kdf $id', vector => {
    const secret = crypto.hmac(unhex(vector.key), unhex(vector.input))
    const t1 = crypto.hmac(secret, Uint8Array.of(1))
    const t2 = crypto.hmac(secret, t1, Uint8Array.of(2))
    const t3 = crypto.hmac(secret, t2, Uint8Array.of(3))
    expect([t1, t2, t3].map(hex)).toEqual([vector.t1, vector.t2, vector.t3])
  })

  it.each(handshakes)('handshake: $id, made and understood', vector => {
    const { initiator, responder } = parties(crypto, vector)
    const noise = prepareNoise(crypto)
    const psk = unhex(vector.preshared_key)
    const created = initiate(crypto, vector)
    expect(hex(created.state.hash)).toBe(vector.initiation.steps.at(-1)?.h)
    expect(hex(created.state.chainingKey)).toBe(vector.initiation.steps.at(-1)?.ck)
    expectMessage(crypto, created.message, vector.initiation, responder.local.publicKey, vector.initiator.cookie)

    const message = unhex(vector.initiation.message)
    expect(classify(message)).toBe(1)
    const opened = openInitiation(noise, responder.local, message)
    if (typeof opened === 'string') return expect.unreachable(opened)
    expect(hex(opened.remoteStatic)).toBe(vector.initiator.static_public)
    const consumed = authenticateInitiation(noise, opened, responder.local.dh(opened.remoteStatic), message)
    if (typeof consumed === 'string') return expect.unreachable(consumed)
    expect(hex(consumed.timestamp)).toBe(vector.timestamp)
    expect(consumed.state.remoteIndex).toBe(vector.initiator.index)

    const answered = createResponse(noise, consumed.state, opened.remoteStatic, psk, responder.ephemeral)
    if (typeof answered === 'string') return expect.unreachable(answered)
    writeIndex(answered.message, 4, vector.responder.index)
    expectMessage(crypto, answered.message, vector.response, initiator.local.publicKey, vector.responder.cookie)

    const response = unhex(vector.response.message)
    expect(classify(response)).toBe(2)
    const keys = consumeResponse(noise, initiator.local, created.state, psk, response)
    if (typeof keys === 'string') return expect.unreachable(keys)
    expect([hex(keys.sending), hex(keys.receiving)]).toEqual(Object.values(vector.session))
    expect([hex(answered.keys.receiving), hex(answered.keys.sending)]).toEqual(Object.values(vector.session))
  })

  it.each(handshakes)('handshake: data of $id', vector => {
    for (const { from, counter, plaintext, message } of vector.data) {
      const { initiator_to_responder, responder_to_initiator } = vector.session
      const aead = crypto.aead(unhex(from === 'initiator' ? initiator_to_responder : responder_to_initiator))
      const receiver = from === 'initiator' ? vector.responder.index : vector.initiator.index
      const none = new Uint8Array(0)
      const sealed = aead.seal(BigInt(counter), unhex(plaintext), none)
      expect(hex(dataMessage(receiver, BigInt(counter), sealed))).toBe(message)
      const bytes = unhex(message)
      expect([classify(bytes), readIndex(bytes, 4), readCounter(bytes)]).toEqual([4, receiver, BigInt(counter)])
      expect(hex(aead.open(BigInt(counter), bytes.subarray(16), none) ?? none)).toBe(plaintext)
    }
  })

  it.each(read('handshake', 'refused-initiation'))('handshake: refuses an initiation, $id: $because', vector => {
    const { responder } = parties(crypto, known(vector.of))
    const message = unhex(vector.message)
    expect(validMac1(crypto, message, responder.local.publicKey)).toBe(vector.mac1_valid)
    expect(acceptsInitiation(crypto, known(vector.of), message)).toBe(false)
    expect(acceptsInitiation(crypto, known(vector.of), unhex(known(vector.of).initiation.message))).toBe(true)
  })

  it.each(read('handshake', 'refused-response'))('handshake: refuses a response, $id: $because', vector => {
    const { initiator } = parties(crypto, known(vector.of))
    const message = unhex(vector.message)
    expect(validMac1(crypto, message, initiator.local.publicKey)).toBe(vector.mac1_valid)
    const { state } = initiate(crypto, known(vector.of))
    expect(acceptsResponse(crypto, known(vector.of), state, message)).toBe(false)
    expect(acceptsResponse(crypto, known(vector.of), state, unhex(known(vector.of).response.message))).toBe(true)
  })

  it.each(read('cookie', 'cookie-reply'))('cookie: $id', vector => {
    const address = parseAddress(vector.address)
    if (address === undefined) return expect.unreachable(vector.address)
    const from: Endpoint = { address, port: vector.port }
    const chance = drawn(unhex(vector.nonce), unhex(vector.secret))
    const checker = new CookieChecker(crypto, chance, unhex(vector.responder_public))
    const message = new Uint8Array(148)
    message.set(unhex(vector.mac1), 116)
    expect(hex(checker.createReply(now, message, vector.sender_index, from))).toBe(vector.reply)
    const next = unhex(vector.next_message + vector.mac2)
    expect(checker.validateMac2(now, next, from)).toBe(true)
    expect(checker.validateMac2(now, next, { ...from, port: from.port ^ 1 })).toBe(false)
    next[0] = 2
    expect(checker.validateMac2(now, next, from)).toBe(false)
  })
})

it.each(read('tai64n', 'timestamp'))('tai64n: $id', ({ sec, nsec, timestamp }) => {
  expect(hex(tai64n({ sec, nsec }))).toBe(timestamp)
})

it.each(read('tai64n', 'order'))('tai64n: $id', ({ a, b, accepted }) => {
  expect(isAfter(unhex(a), unhex(b))).toBe(accepted)
})

it('padding', () => {
  const vectors = read('padding', 'padding')
  expect(vectors.map(({ length, mtu }) => paddedLength(length, mtu))).toEqual(vectors.map(({ padded }) => padded))
  expect(vectors.map(({ padded }) => dataMessage(0, 0n, new Uint8Array(padded + 16)).length)).toEqual(
    vectors.map(({ datagram }) => datagram),
  )
})

it.each(read('replay', 'replay'))('replay: $id', ({ counters, accepted }) => {
  const bigints = new ReplayWindow()
  const numbers = new ReplayWindow()
  expect(counters.map(counter => bigints.accept(BigInt(counter)))).toEqual(accepted)
  const given = counters.map(counter => (Number.isSafeInteger(Number(counter)) ? Number(counter) : BigInt(counter)))
  expect(given.map(counter => numbers.accept(counter))).toEqual(accepted)
})

it.each(read('allowedips', 'allowedips'))('allowedips: $id', ({ operations }) => {
  const table = new AllowedIps<string>()
  for (const [n, operation] of operations.entries()) {
    const where = `operation ${n}: ${JSON.stringify(operation)}`
    if (operation.op === 'lookup') {
      expect(table.lookup(parseAddress(operation.address) ?? new Uint8Array(0)) ?? null, where).toBe(operation.peer)
    } else if (operation.op === 'list') {
      expect(table.list(operation.peer).map(formatPrefix), where).toEqual(operation.prefixes)
    } else if (operation.op === 'remove-peer') {
      table.removeOwner(operation.peer)
    } else {
      const prefix = parsePrefix(operation.prefix)
      if (prefix === undefined) return expect.unreachable(where)
      if (operation.op === 'insert') table.insert(prefix, operation.peer)
      else expect(table.remove(prefix, operation.peer), where).toBe(operation.removed)
    }
  }
})

function parties(crypto: CryptoProvider, { initiator, responder }: HandshakeVector) {
  const keysOf = (party: HandshakeVector['initiator']) => ({
    local: crypto.privateKey(unhex(party.static_private)),
    ephemeral: crypto.privateKey(unhex(party.ephemeral_private)),
  })
  return { initiator: keysOf(initiator), responder: keysOf(responder) }
}

function initiate(crypto: CryptoProvider, vector: HandshakeVector): { message: Uint8Array; state: CreatedInitiation } {
  const { initiator, responder } = parties(crypto, vector)
  const remote = responder.local.publicKey
  const shared = initiator.local.dh(remote)
  const stamp = unhex(vector.timestamp)
  const created = createInitiation(prepareNoise(crypto), initiator.local, remote, shared, initiator.ephemeral, stamp)
  if (created === undefined) return expect.unreachable('the vector has good keys')
  writeIndex(created.message, 4, vector.initiator.index)
  return created
}

/** The message with impl's macs is the vector's. A cookie can only come in a reply, so one is made for it. */
function expectMessage(
  crypto: CryptoProvider,
  message: Uint8Array,
  expected: MessageJson,
  receiver: Uint8Array,
  cookie: string | undefined,
): void {
  const jar = new CookieJar(crypto, receiver)
  jar.addMacs(now, message)
  expect(hex(message.subarray(0, -16))).toBe(expected.message.slice(0, -32))
  if (cookie !== undefined) {
    const key = crypto.hash(Uint8Array.from(Buffer.from('cookie--')), receiver)
    const nonce = new Uint8Array(24)
    const sealed = crypto.xseal(key, nonce, unhex(cookie), message.subarray(-32, -16))
    const reply = Uint8Array.from(Buffer.concat([Buffer.of(3, 0, 0, 0, 0, 0, 0, 0), nonce, sealed]))
    expect(jar.consumeReply(now, reply)).toBe('accepted')
    jar.addMacs(instant(60 * NS_PER_S), message)
  }
  expect(hex(message)).toBe(expected.message)
  expect(validMac1(crypto, message, receiver)).toBe(true)
}

function validMac1(crypto: CryptoProvider, message: Uint8Array, receiver: Uint8Array): boolean {
  return new CookieChecker(crypto, drawn(), receiver).validateMac1(message)
}

/** What a responder does with what comes in: header, mac1, static key, timestamp. */
function acceptsInitiation(crypto: CryptoProvider, vector: HandshakeVector, message: Uint8Array): boolean {
  const noise = prepareNoise(crypto)
  const { local } = parties(crypto, vector).responder
  if (classify(message) !== 1 || !validMac1(crypto, message, local.publicKey)) return false
  const opened = openInitiation(noise, local, message)
  if (typeof opened === 'string') return false
  const consumed = authenticateInitiation(noise, opened, local.dh(opened.remoteStatic), message)
  return typeof consumed !== 'string'
}

/** What an initiator does with what comes in: header, mac1, index, the empty field. */
function acceptsResponse(
  crypto: CryptoProvider,
  vector: HandshakeVector,
  state: CreatedInitiation,
  message: Uint8Array,
): boolean {
  const { local } = parties(crypto, vector).initiator
  if (classify(message) !== 2 || !validMac1(crypto, message, local.publicKey)) return false
  if (readIndex(message, 8) !== vector.initiator.index) return false
  const psk = unhex(vector.preshared_key)
  return typeof consumeResponse(prepareNoise(crypto), local, state, psk, message) !== 'string'
}

function known(id: string): HandshakeVector {
  return handshakes.find(vector => vector.id === id) ?? expect.unreachable(`no handshake ${id}`)
}

/** Chance that deals these bytes, in this order. */
function drawn(...bytes: Uint8Array[]): Random {
  return {
    bytes(length) {
      const next = bytes.shift() ?? expect.unreachable('too many draws')
      expect(next).toHaveLength(length)
      return next
    },
    below: () => expect.unreachable('only bytes are drawn'),
    split: () => expect.unreachable('nothing to split'),
  }
}
