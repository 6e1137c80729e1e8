import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { noble } from '../crypto/noble.ts'
import { nodeCrypto } from '../crypto/node/provider.ts'
import type { CryptoProvider } from '../crypto/provider.ts'
import {
  authenticateInitiation,
  type ConsumedInitiation,
  type CreatedInitiation,
  consumeResponse,
  createInitiation,
  createResponse,
  openInitiation,
  prepareNoise,
  type TransportKeys,
} from './handshake.ts'

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const stamp = new Uint8Array(12).fill(0x40)
const noPresharedKey = new Uint8Array(32)
const lowOrder = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
  '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
].map(text => Uint8Array.from(Buffer.from(text, 'hex')))

interface Secrets {
  readonly initiator: Uint8Array
  readonly responder: Uint8Array
  readonly initiatorEphemeral: Uint8Array
  readonly responderEphemeral: Uint8Array
}

const fixed: Secrets = {
  initiator: new Uint8Array(32).fill(0x11),
  responder: new Uint8Array(32).fill(0x22),
  initiatorEphemeral: new Uint8Array(32).fill(0x33),
  responderEphemeral: new Uint8Array(32).fill(0x44),
}

function begin(crypto: CryptoProvider, secrets: Secrets) {
  const noise = prepareNoise(crypto)
  const initiator = crypto.privateKey(secrets.initiator)
  const responder = crypto.privateKey(secrets.responder)
  const ephemeral = crypto.privateKey(secrets.initiatorEphemeral)
  const staticStatic = initiator.dh(responder.publicKey)
  const created = createInitiation(noise, initiator, responder.publicKey, staticStatic, ephemeral, stamp)!
  return { noise, initiator, responder, staticStatic, created }
}

function consume(crypto: CryptoProvider, secrets: Secrets) {
  const begun = begin(crypto, secrets)
  const { noise, responder, staticStatic, created } = begun
  const opened = openInitiation(noise, responder, created.message)
  if (typeof opened === 'string') throw new Error(opened)
  const proven = authenticateInitiation(noise, opened, staticStatic, created.message)
  if (typeof proven === 'string') throw new Error(proven)
  return { ...begun, opened, proven }
}

function whole(
  crypto: CryptoProvider,
  secrets: Secrets,
  psk: Uint8Array,
): { messages: string[]; initiator: TransportKeys | string; responder: TransportKeys } {
  const { noise, initiator, created, proven } = consume(crypto, secrets)
  const ephemeral = crypto.privateKey(secrets.responderEphemeral)
  const made = createResponse(noise, proven.state, initiator.publicKey, psk, ephemeral)
  if (typeof made === 'string') throw new Error(made)
  const keys = consumeResponse(noise, initiator, created.state, psk, made.message)
  return { messages: [hex(created.message), hex(made.message)], initiator: keys, responder: made.keys }
}

describe('Noise_IKpsk2 (behaviours 8 to 11)', () => {
  it('gives both ends the same keys, crossed, and both providers the same bytes', () => {
    const key = fc.uint8Array({ minLength: 32, maxLength: 32 })
    const secrets = fc.record({ initiator: key, responder: key, initiatorEphemeral: key, responderEphemeral: key })
    fc.assert(
      fc.property(secrets, fc.oneof(fc.constant(noPresharedKey), key), (given, psk) => {
        const fast = whole(nodeCrypto, given, psk)
        expect(fast.initiator).toEqual({ sending: fast.responder.receiving, receiving: fast.responder.sending })
        expect(hex(fast.responder.sending)).not.toBe(hex(fast.responder.receiving))
        expect(whole(noble, given, psk)).toEqual(fast)
      }),
      { numRuns: 20 },
    )
  })

  it('tells the responder who speaks and when', () => {
    const { opened, proven, initiator } = consume(nodeCrypto, fixed)
    expect(opened.remoteStatic).toEqual(initiator.publicKey)
    expect(proven.timestamp).toEqual(stamp)
    expect(proven.state.kind).toBe('consumed-initiation')
  })

  it('refuses a response under another preshared key, and keeps waiting (behaviours 10, 65)', () => {
    const { noise, initiator, created, proven } = consume(nodeCrypto, fixed)
    const before = structuredClone([created.state.chainingKey, created.state.hash])
    const ephemeral = nodeCrypto.privateKey(fixed.responderEphemeral)
    const made = createResponse(noise, proven.state, initiator.publicKey, new Uint8Array(32).fill(5), ephemeral)
    if (typeof made === 'string') throw new Error(made)
    expect(consumeResponse(noise, initiator, created.state, noPresharedKey, made.message)).toBe('bad-response')
    expect([created.state.chainingKey, created.state.hash]).toEqual(before)
  })

  it('refuses an initiation for another key', () => {
    const { noise, created } = begin(nodeCrypto, fixed)
    const other = nodeCrypto.privateKey(new Uint8Array(32).fill(0x55))
    expect(openInitiation(noise, other, created.message)).toBe('bad-static')
  })

  it('refuses an initiation whose sender does not hold the static key', () => {
    const { noise, responder, created } = begin(nodeCrypto, fixed)
    const opened = openInitiation(noise, responder, created.message)
    if (typeof opened === 'string') throw new Error(opened)
    const guess = new Uint8Array(32).fill(9)
    expect(authenticateInitiation(noise, opened, guess, created.message)).toBe('bad-timestamp')
  })
})

describe.each([nodeCrypto, noble])('low-order points are refused in every DH (behaviours 19, 20), $name', crypto => {
  it.each(lowOrder.map(point => [hex(point), point] as const))('%s', (_, point) => {
    const { noise, initiator, responder, created, opened, proven } = consume(crypto, fixed)
    const ephemeral = crypto.privateKey(fixed.responderEphemeral)
    expect(createInitiation(noise, initiator, point, initiator.dh(point), ephemeral, stamp)).toBeUndefined()
    expect(createInitiation(noise, initiator, responder.publicKey, undefined, ephemeral, stamp)).toBeUndefined()
    const poisoned = created.message.slice()
    poisoned.set(point, 8)
    expect(openInitiation(noise, responder, poisoned)).toBe('low-order-ephemeral')
    expect(authenticateInitiation(noise, opened, undefined, created.message)).toBe('low-order-peer')
    const lying: ConsumedInitiation = { ...proven.state, remoteEphemeral: point }
    expect(createResponse(noise, lying, initiator.publicKey, noPresharedKey, ephemeral)).toBe('low-order-ephemeral')
    expect(createResponse(noise, proven.state, point, noPresharedKey, ephemeral)).toBe('low-order-peer')
    const response = new Uint8Array(92)
    response.set(point, 12)
    const state: CreatedInitiation = created.state
    expect(consumeResponse(noise, initiator, state, noPresharedKey, response)).toBe('low-order-ephemeral')
  })
})

describe('what a handshake computes on its way', () => {
  it('is overwritten: DH results, keys of fields, and all transcripts in the end', () => {
    const secrets: Uint8Array[] = []
    const keep = <T extends Uint8Array | undefined>(bytes: T): T => {
      if (bytes !== undefined) secrets.push(bytes)
      return bytes
    }
    const watched: CryptoProvider = {
      ...nodeCrypto,
      privateKey(bytes) {
        const { publicKey, dh } = nodeCrypto.privateKey(bytes)
        return { publicKey, dh: theirs => keep(dh(theirs)) }
      },
      // Chaining keys live until the next one takes their place.
      kdf(chainingKey, input, count) {
        const outputs = nodeCrypto.kdf(chainingKey, input, count)
        if (input.length > 0) outputs.slice(1).forEach(keep)
        return outputs
      },
    }
    const { initiator, responder } = whole(watched, fixed, noPresharedKey)
    if (typeof initiator === 'string') throw new Error(initiator)
    expect(initiator.sending).toEqual(responder.receiving)
    const staticStatic = hex(nodeCrypto.privateKey(fixed.initiator).dh(publicOf(fixed.responder))!)
    const left = secrets.map(hex).filter(secret => secret !== '00'.repeat(32))
    // DH of the static keys is the peer's, and kept with it.
    expect(left).toEqual([staticStatic])
    expect(secrets.length).toBeGreaterThan(12)
  })
})

const publicOf = (secret: Uint8Array): Uint8Array => nodeCrypto.privateKey(secret).publicKey
