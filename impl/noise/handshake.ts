/**
 * Noise_IKpsk2 as WireGuard uses it (paper §5.4.1 to §5.4.5): pure functions from keys and bytes to messages and
 * transport keys. Ephemeral keys and timestamps are arguments. Macs and indices of the sender are filled in by the
 * caller: the transcript does not hold them.
 */
import { CONSTRUCTION, IDENTIFIER } from '../constants.ts'
import type { CryptoProvider, PrivateKey } from '../crypto/provider.ts'
import type { DropReason } from '../drops.ts'
import {
  INITIATION,
  INITIATION_FIELDS,
  INITIATION_LENGTH,
  RESPONSE,
  RESPONSE_FIELDS,
  RESPONSE_LENGTH,
  readIndex,
  SENDER_OFFSET,
  writeIndex,
} from '../messages.ts'

/** A provider with the two opening values of every handshake, computed once. */
export interface Noise {
  readonly crypto: CryptoProvider
  readonly chainingKey: Uint8Array
  readonly hash: Uint8Array
}

export interface Transcript {
  chainingKey: Uint8Array
  hash: Uint8Array
}

/** An initiation of ours that waits for its response. */
export interface CreatedInitiation extends Transcript {
  readonly kind: 'created-initiation'
  readonly ephemeral: PrivateKey
}

/** An initiation of the peer that is to be answered. */
export interface ConsumedInitiation extends Transcript {
  readonly kind: 'consumed-initiation'
  readonly remoteEphemeral: Uint8Array
  readonly remoteIndex: number
}

/** Raw 32-byte keys of a new session. */
export interface TransportKeys {
  readonly sending: Uint8Array
  readonly receiving: Uint8Array
}

/** An initiation whose sender is known but not yet believed. */
export interface OpenedInitiation extends Transcript {
  readonly remoteStatic: Uint8Array
  readonly remoteEphemeral: Uint8Array
}

const NOTHING = new Uint8Array(0)

export function prepareNoise(crypto: CryptoProvider): Noise {
  const chainingKey = crypto.hash(ascii(CONSTRUCTION))
  return { crypto, chainingKey, hash: crypto.hash(chainingKey, ascii(IDENTIFIER)) }
}

/**
 * Paper §5.4.2: the first message, 148 bytes with macs and sender index still zero.
 * Undefined when a Diffie–Hellman result is zero (behaviours 19, 20). `staticStatic` is DH(our static, their static).
 */
export function createInitiation(
  noise: Noise,
  local: PrivateKey,
  remoteStatic: Uint8Array,
  staticStatic: Uint8Array | undefined,
  ephemeral: PrivateKey,
  timestamp: Uint8Array,
): { readonly message: Uint8Array; readonly state: CreatedInitiation } | undefined {
  const ephemeralStatic = ephemeral.dh(remoteStatic)
  if (staticStatic === undefined || ephemeralStatic === undefined) return undefined
  const transcript = begin(noise, remoteStatic)
  mixEphemeral(noise, transcript, ephemeral.publicKey)
  const message = new Uint8Array(INITIATION_LENGTH)
  message[0] = INITIATION
  message.set(ephemeral.publicKey, INITIATION_FIELDS.ephemeral)
  const staticKey = mixKey(noise, transcript, ephemeralStatic)
  ephemeralStatic.fill(0)
  message.set(seal(noise, transcript, staticKey, local.publicKey), INITIATION_FIELDS.static)
  const timestampKey = mixKey(noise, transcript, staticStatic)
  message.set(seal(noise, transcript, timestampKey, timestamp), INITIATION_FIELDS.timestamp)
  return { message, state: { kind: 'created-initiation', ...transcript, ephemeral } }
}

/** The first half of consuming an initiation: who says to have sent it. */
export function openInitiation(noise: Noise, local: PrivateKey, message: Uint8Array): OpenedInitiation | DropReason {
  const { ephemeral, static: staticAt, timestamp } = INITIATION_FIELDS
  const remoteEphemeral = message.slice(ephemeral, staticAt)
  const transcript = begin(noise, local.publicKey)
  mixEphemeral(noise, transcript, remoteEphemeral)
  const ephemeralStatic = local.dh(remoteEphemeral)
  if (ephemeralStatic === undefined) return 'low-order-ephemeral'
  const key = mixKey(noise, transcript, ephemeralStatic)
  ephemeralStatic.fill(0)
  const remoteStatic = open(noise, transcript, key, message.subarray(staticAt, timestamp))
  return remoteStatic === undefined ? 'bad-static' : { ...transcript, remoteStatic, remoteEphemeral }
}

/** The second half: the timestamp, which proves that the sender holds the static key. */
export function authenticateInitiation(
  noise: Noise,
  opened: OpenedInitiation,
  staticStatic: Uint8Array | undefined,
  message: Uint8Array,
): { readonly timestamp: Uint8Array; readonly state: ConsumedInitiation } | DropReason {
  if (staticStatic === undefined) return 'low-order-peer'
  const transcript = { chainingKey: opened.chainingKey, hash: opened.hash }
  const key = mixKey(noise, transcript, staticStatic)
  const sealed = message.subarray(INITIATION_FIELDS.timestamp, INITIATION_FIELDS.mac1)
  const timestamp = open(noise, transcript, key, sealed)
  if (timestamp === undefined) return 'bad-timestamp'
  const { remoteEphemeral } = opened
  const remoteIndex = readIndex(message, SENDER_OFFSET)
  return { timestamp, state: { kind: 'consumed-initiation', ...transcript, remoteEphemeral, remoteIndex } }
}

/** Paper §5.4.3: the answer, 92 bytes with macs and sender index still zero, and the session's keys. */
export function createResponse(
  noise: Noise,
  state: ConsumedInitiation,
  remoteStatic: Uint8Array,
  presharedKey: Uint8Array,
  ephemeral: PrivateKey,
): { readonly message: Uint8Array; readonly keys: TransportKeys } | DropReason {
  const transcript = { chainingKey: state.chainingKey, hash: state.hash }
  mixEphemeral(noise, transcript, ephemeral.publicKey)
  const ephemeralEphemeral = ephemeral.dh(state.remoteEphemeral)
  if (ephemeralEphemeral === undefined) return 'low-order-ephemeral'
  mixSecret(noise, transcript, ephemeralEphemeral)
  const staticEphemeral = ephemeral.dh(remoteStatic)
  if (staticEphemeral === undefined) return 'low-order-peer'
  mixSecret(noise, transcript, staticEphemeral)
  const key = mixPresharedKey(noise, transcript, presharedKey)
  const message = new Uint8Array(RESPONSE_LENGTH)
  message[0] = RESPONSE
  writeIndex(message, RESPONSE_FIELDS.receiver, state.remoteIndex)
  message.set(ephemeral.publicKey, RESPONSE_FIELDS.ephemeral)
  message.set(seal(noise, transcript, key, NOTHING), RESPONSE_FIELDS.empty)
  const [receiving, sending] = deriveKeys(noise, transcript)
  return { message, keys: { sending, receiving } }
}

/** The initiator's end of the handshake: the session's keys, or why the response is refused. The state is not changed. */
export function consumeResponse(
  noise: Noise,
  local: PrivateKey,
  state: CreatedInitiation,
  presharedKey: Uint8Array,
  message: Uint8Array,
): TransportKeys | DropReason {
  const { ephemeral, empty, mac1 } = RESPONSE_FIELDS
  const remoteEphemeral = message.slice(ephemeral, empty)
  const transcript = { chainingKey: state.chainingKey, hash: state.hash }
  mixEphemeral(noise, transcript, remoteEphemeral)
  const ephemeralEphemeral = state.ephemeral.dh(remoteEphemeral)
  const staticEphemeral = local.dh(remoteEphemeral)
  if (ephemeralEphemeral === undefined || staticEphemeral === undefined) return 'low-order-ephemeral'
  mixSecret(noise, transcript, ephemeralEphemeral)
  mixSecret(noise, transcript, staticEphemeral)
  const key = mixPresharedKey(noise, transcript, presharedKey)
  if (open(noise, transcript, key, message.subarray(empty, mac1)) === undefined) return 'bad-response'
  const [sending, receiving] = deriveKeys(noise, transcript)
  return { sending, receiving }
}

/** Overwrites what a transcript holds. Best effort. */
export function wipeTranscript(transcript: Transcript): void {
  transcript.chainingKey.fill(0)
  transcript.hash.fill(0)
}

function begin(noise: Noise, responderStatic: Uint8Array): Transcript {
  return { chainingKey: noise.chainingKey, hash: noise.crypto.hash(noise.hash, responderStatic) }
}

function mixEphemeral(noise: Noise, transcript: Transcript, ephemeralPublic: Uint8Array): void {
  transcript.hash = noise.crypto.hash(transcript.hash, ephemeralPublic)
  mixChain(noise, transcript, ephemeralPublic)
}

/** Kdf1: the chaining key alone. */
function mixChain(noise: Noise, transcript: Transcript, input: Uint8Array): void {
  mix(noise, transcript, input, 1)
}

/** The same of a Diffie–Hellman result, which nobody needs after it. */
function mixSecret(noise: Noise, transcript: Transcript, secret: Uint8Array): void {
  mixChain(noise, transcript, secret)
  secret.fill(0)
}

/** Kdf2: the chaining key, and a key for the next field. */
function mixKey(noise: Noise, transcript: Transcript, input: Uint8Array): Uint8Array {
  const [, key] = mix(noise, transcript, input, 2)
  return key!
}

/** Kdf3: the chaining key, a value for the hash, and a key for the next field. */
function mixPresharedKey(noise: Noise, transcript: Transcript, presharedKey: Uint8Array): Uint8Array {
  const [, mixed, key] = mix(noise, transcript, presharedKey, 3)
  transcript.hash = noise.crypto.hash(transcript.hash, mixed!)
  mixed!.fill(0)
  return key!
}

function mix({ crypto }: Noise, transcript: Transcript, input: Uint8Array, count: number): Uint8Array[] {
  const outputs = crypto.kdf(transcript.chainingKey, input, count)
  transcript.chainingKey = outputs[0]!
  return outputs
}

/** Paper §5.4.5: the initiator's sending key, then the responder's. */
function deriveKeys({ crypto }: Noise, transcript: Transcript): [Uint8Array, Uint8Array] {
  const [first, second] = crypto.kdf(transcript.chainingKey, NOTHING, 2)
  wipeTranscript(transcript)
  return [first!, second!]
}

/** Seals one field. The key has done its work then. */
function seal({ crypto }: Noise, transcript: Transcript, key: Uint8Array, plaintext: Uint8Array): Uint8Array {
  const sealed = crypto.aead(key).seal(0n, plaintext, transcript.hash)
  key.fill(0)
  transcript.hash = crypto.hash(transcript.hash, sealed)
  return sealed
}

function open({ crypto }: Noise, transcript: Transcript, key: Uint8Array, sealed: Uint8Array): Uint8Array | undefined {
  const plaintext = crypto.aead(key).open(0n, sealed, transcript.hash)
  key.fill(0)
  if (plaintext !== undefined) transcript.hash = crypto.hash(transcript.hash, sealed)
  return plaintext
}

function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, character => character.charCodeAt(0))
}
