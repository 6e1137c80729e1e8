/** The handshake written down line by line from paper §5.4.1 to §5.4.6, noting every intermediate value. Slow and plain on purpose. */
import { ascii, concat, hex, littleEndian } from './bytes.ts'
import { Aead, DH, Hash, Kdf, Mac, publicOf } from './primitives.ts'
import type { Step } from './vector.ts'

export const CONSTRUCTION = 'Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s'
export const IDENTIFIER = 'WireGuard v1 zx2c4 Jason@zx2c4.com'

export interface Party {
  readonly staticPrivate: Uint8Array
  readonly ephemeralPrivate: Uint8Array
  readonly index: number
  /** The cookie it was given, for mac2; without one mac2 is zero. */
  readonly cookie?: Uint8Array
}

export interface Message {
  readonly steps: readonly Step[]
  readonly mac1Key: Uint8Array
  readonly mac1: Uint8Array
  readonly mac2: Uint8Array
  readonly bytes: Uint8Array
}

export interface Handshake {
  readonly initiation: Message
  readonly response: Message
  /** (T_send of the initiator = T_recv of the responder, and the other way round). */
  readonly initiatorToResponder: Uint8Array
  readonly responderToInitiator: Uint8Array
}

/** Where a message leaves the paper, for vectors that must be refused. Public ephemerals that are not of the private half. */
export interface Deviation {
  readonly initiatorEphemeral?: Uint8Array
  readonly responderEphemeral?: Uint8Array
}

/** One handshake from keys to session keys. `presharedKey`: 32 bytes, zero for none; `timestamp`: 12 bytes. */
export function handshake(
  initiator: Party,
  responder: Party,
  presharedKey: Uint8Array,
  timestamp: Uint8Array,
  deviation: Deviation = {},
): Handshake {
  const run = new Run()
  const initiation = firstMessage(run, initiator, responder, timestamp, deviation)
  const response = secondMessage(run, initiator, responder, presharedKey, deviation)
  // §5.4.5
  const [sent, received] = kdf2(run.ck, new Uint8Array(0))
  return { initiation, response, initiatorToResponder: sent, responderToInitiator: received }
}

/** §5.4.2 */
function firstMessage(
  run: Run,
  initiator: Party,
  responder: Party,
  timestamp: Uint8Array,
  deviation: Deviation,
): Message {
  const staticI = publicOf(initiator.staticPrivate)
  const staticR = publicOf(responder.staticPrivate)
  const ephemeral = deviation.initiatorEphemeral ?? publicOf(initiator.ephemeralPrivate)

  run.ck = Hash(ascii(CONSTRUCTION))
  run.h = Hash(concat(run.ck, ascii(IDENTIFIER)))
  run.note('start')
  run.h = Hash(concat(run.h, staticR))
  run.note('responder static')

  run.ck = kdf1(run.ck, ephemeral)
  run.h = Hash(concat(run.h, ephemeral))
  run.note('ephemeral')

  const es = dh(initiator.ephemeralPrivate, staticR, deviation.initiatorEphemeral)
  const [ckStatic, keyStatic] = kdf2(run.ck, es)
  run.ck = ckStatic
  const sealedStatic = Aead(keyStatic, 0n, staticI, run.h)
  run.h = Hash(concat(run.h, sealedStatic))
  run.note('static', { dh: es, key: keyStatic, sealed: sealedStatic })

  const ss = dh(initiator.staticPrivate, staticR, undefined)
  const [ckTimestamp, keyTimestamp] = kdf2(run.ck, ss)
  run.ck = ckTimestamp
  const sealedTimestamp = Aead(keyTimestamp, 0n, timestamp, run.h)
  run.h = Hash(concat(run.h, sealedTimestamp))
  run.note('timestamp', { dh: ss, key: keyTimestamp, sealed: sealedTimestamp })

  const index = littleEndian(initiator.index, 4)
  const body = concat(Uint8Array.of(1, 0, 0, 0), index, ephemeral, sealedStatic, sealedTimestamp)
  return withMacs(run, body, staticR, initiator.cookie)
}

/** §5.4.3 */
function secondMessage(run: Run, initiator: Party, responder: Party, psk: Uint8Array, deviation: Deviation): Message {
  const staticI = publicOf(initiator.staticPrivate)
  const ephemeralI = deviation.initiatorEphemeral ?? publicOf(initiator.ephemeralPrivate)
  const ephemeral = deviation.responderEphemeral ?? publicOf(responder.ephemeralPrivate)

  run.ck = kdf1(run.ck, ephemeral)
  run.h = Hash(concat(run.h, ephemeral))
  run.note('ephemeral')

  const ee = dh(responder.ephemeralPrivate, ephemeralI, deviation.initiatorEphemeral ?? deviation.responderEphemeral)
  run.ck = kdf1(run.ck, ee)
  run.note('ephemeral-ephemeral', { dh: ee })

  const se = dh(responder.ephemeralPrivate, staticI, deviation.responderEphemeral)
  run.ck = kdf1(run.ck, se)
  run.note('static-ephemeral', { dh: se })

  const [ck, tau, key] = Kdf(3, run.ck, psk) as [Uint8Array, Uint8Array, Uint8Array]
  run.ck = ck
  run.h = Hash(concat(run.h, tau))
  run.note('preshared key', { tau, key })

  const sealed = Aead(key, 0n, new Uint8Array(0), run.h)
  run.h = Hash(concat(run.h, sealed))
  run.note('empty', { sealed })

  const indices = concat(littleEndian(responder.index, 4), littleEndian(initiator.index, 4))
  return withMacs(run, concat(Uint8Array.of(2, 0, 0, 0), indices, ephemeral, sealed), staticI, responder.cookie)
}

/** §5.4.4: `receiver` is the static public key of the one the message goes to. */
export function macs(
  body: Uint8Array,
  receiver: Uint8Array,
  cookie: Uint8Array | undefined,
): { readonly mac1Key: Uint8Array; readonly mac1: Uint8Array; readonly mac2: Uint8Array } {
  const mac1Key = Hash(concat(ascii('mac1----'), receiver))
  const mac1 = Mac(mac1Key, body)
  return { mac1Key, mac1, mac2: cookie === undefined ? new Uint8Array(16) : Mac(cookie, concat(body, mac1)) }
}

/** §5.4.6: a transport message; the plaintext comes padded. */
export function transport(key: Uint8Array, receiver: number, counter: bigint, plaintext: Uint8Array): Uint8Array {
  const header = concat(Uint8Array.of(4, 0, 0, 0), littleEndian(receiver, 4), littleEndian(counter, 8))
  return concat(header, Aead(key, counter, plaintext, new Uint8Array(0)))
}

function withMacs(run: Run, body: Uint8Array, receiver: Uint8Array, cookie: Uint8Array | undefined): Message {
  const made = macs(body, receiver, cookie)
  return { steps: run.takeSteps(), ...made, bytes: concat(body, made.mac1, made.mac2) }
}

/** C and H of the paper, and what happened to them so far. */
class Run {
  ck: Uint8Array = new Uint8Array(32)
  h: Uint8Array = new Uint8Array(32)
  #steps: Step[] = []

  note(step: string, made: Readonly<Record<string, Uint8Array>> = {}): void {
    const extra = Object.entries(made).map(([name, value]) => [name, hex(value)])
    this.#steps.push({ step, ...Object.fromEntries(extra), ck: hex(this.ck), h: hex(this.h) })
  }

  takeSteps(): Step[] {
    const steps = this.#steps
    this.#steps = []
    return steps
  }
}

const kdf1 = (key: Uint8Array, input: Uint8Array): Uint8Array => Kdf(1, key, input)[0] as Uint8Array
const kdf2 = (key: Uint8Array, input: Uint8Array): [Uint8Array, Uint8Array] =>
  Kdf(2, key, input) as [Uint8Array, Uint8Array]

/** A deviating sender has put a point of low order in place of its ephemeral, and reckons with the zero that everybody gets. */
function dh(privateKey: Uint8Array, publicKey: Uint8Array, lowOrder: Uint8Array | undefined): Uint8Array {
  if (lowOrder !== undefined) return new Uint8Array(32)
  const shared = DH(privateKey, publicKey)
  if (shared === undefined) throw new Error('the keys of a vector meet in zero')
  return shared
}
