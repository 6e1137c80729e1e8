/** For tests: a peer played by hand, message by message, with the pure functions of the handshake. It may lie. */
import type { Endpoint } from './box.ts'
import { keyToBase64 } from './config/base64.ts'
import type { Aead, CryptoProvider, PrivateKey } from './crypto/provider.ts'
import { Key, type PublicKey } from './key.ts'
import { DATA_HEADER_LENGTH, dataMessage, readCounter, readIndex, SENDER_OFFSET, writeIndex } from './messages.ts'
import { CookieJar } from './noise/cookie.ts'
import {
  authenticateInitiation,
  type CreatedInitiation,
  consumeResponse,
  createInitiation,
  createResponse,
  openInitiation,
  prepareNoise,
  type TransportKeys,
} from './noise/handshake.ts'
import { tai64n } from './noise/tai64n.ts'
import { ip, type Node, prefix, type TestNet, testKey, testRandom, wallTime } from './testing.ts'

const NOTHING = new Uint8Array(0)

/** A session as the probe holds it. */
export interface ProbeSession {
  readonly sending: Aead
  readonly receiving: Aead
  readonly localIndex: number
  readonly remoteIndex: number
  counter: bigint
}

export class Probe {
  readonly publicKey: PublicKey
  readonly privateKey: PrivateKey
  readonly jar: CookieJar
  readonly inner = ip(10, 0, 0, 99)
  endpoint: Endpoint = { address: ip(198, 51, 100, 7), port: 40000 }
  presharedKey = new Key(new Uint8Array(32))
  readonly #net: TestNet
  readonly #target: Node
  readonly #crypto: CryptoProvider
  readonly #targetStatic: Uint8Array
  readonly #random = testRandom('probe')
  #initiation: { readonly state: CreatedInitiation; readonly index: number } | undefined

  /** The target learns the probe as a peer with allowed IP 10.0.0.99/32 and no endpoint. */
  constructor(net: TestNet, crypto: CryptoProvider, target: Node, name = 'probe') {
    this.#net = net
    this.#target = target
    this.#crypto = crypto
    this.privateKey = crypto.privateKey(testKey(name).reveal())
    this.publicKey = keyToBase64(this.privateKey.publicKey) as PublicKey
    this.#targetStatic = crypto.privateKey(target.key.reveal()).publicKey
    this.jar = new CookieJar(crypto, this.#targetStatic)
    net.configure(target, { peers: [{ publicKey: this.publicKey, allowedIps: [prefix(this.inner, 32)] }] })
  }

  /** An initiation with valid macs. The timestamp is the true time unless given. */
  initiation(timestamp: Uint8Array = tai64n(wallTime(this.#net.now))): Uint8Array {
    const ephemeral = this.#crypto.privateKey(this.#random.bytes(32))
    const staticStatic = this.privateKey.dh(this.#targetStatic)
    const noise = prepareNoise(this.#crypto)
    const made = createInitiation(noise, this.privateKey, this.#targetStatic, staticStatic, ephemeral, timestamp)!
    const index = this.#random.below(2 ** 32)
    writeIndex(made.message, SENDER_OFFSET, index)
    this.#initiation = { state: made.state, index }
    return this.sign(made.message)
  }

  /** Fills in both macs. */
  sign(message: Uint8Array): Uint8Array {
    this.jar.addMacs(this.#net.now, message)
    return message
  }

  /** Delivers bytes from the probe's endpoint. */
  inject(bytes: Uint8Array, ecn: 0 | 1 | 2 | 3 = 0): void {
    this.#net.inject(this.#target, bytes, this.endpoint, ecn)
  }

  /** A whole handshake as initiator; the session is not confirmed yet. Time passes first, so that the timestamp is new. */
  initiate(): ProbeSession {
    this.#net.pass(0.05)
    this.inject(this.initiation())
    return this.finish(this.#net.sentBy(this.#target, 'response').at(-1)!.bytes)
  }

  /** The session that a response to the last initiation makes. */
  finish(response: Uint8Array): ProbeSession {
    const { state, index } = this.#initiation!
    const noise = prepareNoise(this.#crypto)
    const keys = consumeResponse(noise, this.privateKey, state, this.presharedKey.reveal(), response)
    if (typeof keys === 'string') throw new Error(`the probe can not use the response: ${keys}`)
    return this.#session(keys, index, readIndex(response, SENDER_OFFSET))
  }

  /** The answer to an initiation of the target, and the session. */
  answer(initiation: Uint8Array): { readonly response: Uint8Array; readonly session: ProbeSession } {
    const noise = prepareNoise(this.#crypto)
    const opened = openInitiation(noise, this.privateKey, initiation)
    if (typeof opened === 'string') throw new Error(`the probe can not open the initiation: ${opened}`)
    const staticStatic = this.privateKey.dh(opened.remoteStatic)
    const proven = authenticateInitiation(noise, opened, staticStatic, initiation)
    if (typeof proven === 'string') throw new Error(`the probe can not believe the initiation: ${proven}`)
    const ephemeral = this.#crypto.privateKey(this.#random.bytes(32))
    const made = createResponse(noise, proven.state, opened.remoteStatic, this.presharedKey.reveal(), ephemeral)
    if (typeof made === 'string') throw new Error(`the probe can not answer: ${made}`)
    const index = this.#random.below(2 ** 32)
    writeIndex(made.message, SENDER_OFFSET, index)
    return { response: this.sign(made.message), session: this.#session(made.keys, index, proven.state.remoteIndex) }
  }

  /** Data under a session; the counter goes on by itself unless given. */
  data(session: ProbeSession, plaintext: Uint8Array = NOTHING, counter?: bigint): Uint8Array {
    const used = counter ?? session.counter++
    return dataMessage(session.remoteIndex, used, session.sending.seal(used, plaintext, NOTHING))
  }

  /** What is in a data message of the target; undefined when it is not for this session. */
  open(session: ProbeSession, bytes: Uint8Array): Uint8Array | undefined {
    if (readIndex(bytes, 4) !== session.localIndex) return undefined
    return session.receiving.open(readCounter(bytes), bytes.subarray(DATA_HEADER_LENGTH), NOTHING)
  }

  /** A session in which the target is the initiator, confirmed by its own first packet. Needs an idle target. */
  beAnswered(): ProbeSession {
    this.#net.configure(this.#target, { peers: [{ publicKey: this.publicKey, endpoint: this.endpoint }] })
    this.#net.send(this.#target, this.inner)
    const { response, session } = this.answer(this.#net.sentBy(this.#target, 'initiation').at(-1)!.bytes)
    this.inject(response)
    return session
  }

  #session(keys: TransportKeys, localIndex: number, remoteIndex: number): ProbeSession {
    const sending = this.#crypto.aead(keys.sending.slice())
    const receiving = this.#crypto.aead(keys.receiving.slice())
    return { sending, receiving, localIndex, remoteIndex, counter: 0n }
  }
}

/** The timestamp of so many seconds after 1970, with so many nanoseconds that nothing is whitened. */
export function stamp(seconds: number, nanoseconds = 0): Uint8Array {
  const bytes = tai64n({ sec: seconds, nsec: 0 })
  bytes.set([nanoseconds >>> 24, nanoseconds >>> 16, nanoseconds >>> 8, nanoseconds], 8)
  return bytes
}
