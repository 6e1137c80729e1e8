/**
 * Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s as the WireGuard paper writes it down (§5.4), once more and apart from `impl`:
 * what the lab says about a handshake must not share the mistakes of an implementation under test.
 * Every state is an argument or a result; randomness and time are arguments.
 */
import { xchacha20poly1305 } from '@noble/ciphers/chacha.js'
import { concatBytes } from '@noble/hashes/utils.js'
import { hash, kdf1, kdf2, kdf3, mac, open, publicKey, seal, sharedSecret } from './primitives.ts'

export { publicKey, sharedSecret } from './primitives.ts'

/** A transcript: chaining key Ci and hash Hi of §5.4. */
export interface Transcript {
  readonly chainingKey: Uint8Array
  readonly hash: Uint8Array
}

/** What an initiator keeps until the response comes. */
export interface InitiatorState extends Transcript {
  readonly staticPrivate: Uint8Array
  readonly ephemeralPrivate: Uint8Array
  readonly remoteStatic: Uint8Array
  readonly sender: number
  readonly mac1: Uint8Array
}

/** What a responder knows after an initiation. */
export interface ResponderState extends Transcript {
  readonly remoteStatic: Uint8Array
  readonly remoteEphemeral: Uint8Array
  /** The initiator's index. */
  readonly receiver: number
  /** 12 bytes, TAI64N. */
  readonly timestamp: Uint8Array
}

/** Transport keys of one side (§5.4.5). */
export interface Session {
  readonly localIndex: number
  readonly remoteIndex: number
  readonly sendKey: Uint8Array
  readonly receiveKey: Uint8Array
}

/** A message could be read, or why not. */
export type Outcome<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly because: string }

const CONSTRUCTION = ascii('Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s')
const IDENTIFIER = ascii('WireGuard v1 zx2c4 Jason@zx2c4.com')
const LABEL_MAC1 = ascii('mac1----')
const LABEL_COOKIE = ascii('cookie--')
const EMPTY = new Uint8Array(0)
const NO_PSK = new Uint8Array(32)

/** Both begin here: Ci = Hash(Construction), Hi = Hash(Ci ‖ Identifier). */
export const INITIAL_CHAINING_KEY = hash(CONSTRUCTION)
export const INITIAL_HASH = hash(INITIAL_CHAINING_KEY, IDENTIFIER)

export interface InitiationInput {
  readonly staticPrivate: Uint8Array
  readonly remoteStatic: Uint8Array
  readonly ephemeralPrivate: Uint8Array
  readonly sender: number
  /** 12 bytes, TAI64N. */
  readonly timestamp: Uint8Array
  /** For mac2; zeros without. */
  readonly cookie?: Uint8Array
  /**
   * Key compromise impersonation: with the responder's private key the static-static secret can be computed without the
   * initiator's. Then `staticPrivate` is not used for the message, and nobody can go on from it.
   */
  readonly stolen?: { readonly responderPrivate: Uint8Array; readonly initiatorPublic: Uint8Array }
}

/** §5.4.2. A result of all zero (a peer of low order) is used as it is: a probe may speak to anybody. */
export function buildInitiation(input: InitiationInput): {
  readonly message: Uint8Array
  readonly state: InitiatorState
} {
  const { staticPrivate, remoteStatic, ephemeralPrivate, sender } = input
  const ephemeral = publicKey(ephemeralPrivate)
  const message = new Uint8Array(148)
  message[0] = 1
  putU32(message, 4, sender)
  message.set(ephemeral, 8)
  let ck = kdf1(INITIAL_CHAINING_KEY, ephemeral)
  let h = hash(hash(INITIAL_HASH, remoteStatic), ephemeral)
  const [ck1, k1] = kdf2(ck, dhOrZero(ephemeralPrivate, remoteStatic))
  const { stolen } = input
  const sealedStatic = seal(k1, 0n, stolen?.initiatorPublic ?? publicKey(staticPrivate), h)
  message.set(sealedStatic, 40)
  h = hash(h, sealedStatic)
  const staticSecret =
    stolen === undefined
      ? dhOrZero(staticPrivate, remoteStatic)
      : dhOrZero(stolen.responderPrivate, stolen.initiatorPublic)
  const [ck2, k2] = kdf2(ck1, staticSecret)
  ck = ck2
  const sealedTimestamp = seal(k2, 0n, input.timestamp, h)
  message.set(sealedTimestamp, 88)
  h = hash(h, sealedTimestamp)
  putMacs(message, remoteStatic, input.cookie)
  const mac1 = message.slice(116, 132)
  return { message, state: { chainingKey: ck, hash: h, staticPrivate, ephemeralPrivate, remoteStatic, sender, mac1 } }
}

/** §5.4.2 from the other side; mac1 is looked at first. */
export function consumeInitiation(staticPrivate: Uint8Array, message: Uint8Array): Outcome<ResponderState> {
  const own = publicKey(staticPrivate)
  if (message.length !== 148 || message[0] !== 1) return fault('not an initiation')
  if (!mac1Fits(message, own)) return fault('mac1 is not for this key')
  const es = sharedSecret(staticPrivate, message.subarray(8, 40))
  if (es === undefined) return fault('the ephemeral key is of low order')
  return readInitiation(message, own, es, remote => sharedSecret(staticPrivate, remote))
}

/**
 * Reads an initiation with DH results however they were come by: es by the responder's static or the initiator's
 * ephemeral key, ss by either static key (asked for once the initiator's public key is known).
 */
export function readInitiation(
  message: Uint8Array,
  responderStatic: Uint8Array,
  es: Uint8Array,
  ss: (initiatorStatic: Uint8Array) => Uint8Array | undefined,
): Outcome<ResponderState> {
  const ephemeral = message.slice(8, 40)
  const h0 = hash(hash(INITIAL_HASH, responderStatic), ephemeral)
  const [ck1, k1] = kdf2(kdf1(INITIAL_CHAINING_KEY, ephemeral), es)
  const sealedStatic = message.subarray(40, 88)
  const remoteStatic = open(k1, 0n, sealedStatic, h0)
  if (remoteStatic === undefined) return fault('the static key does not open')
  const h1 = hash(h0, sealedStatic)
  const secret = ss(remoteStatic)
  if (secret === undefined) return fault('no shared secret of the two static keys')
  const [chainingKey, k2] = kdf2(ck1, secret)
  const sealedTimestamp = message.subarray(88, 116)
  const timestamp = open(k2, 0n, sealedTimestamp, h1)
  if (timestamp === undefined) return fault('the timestamp does not open')
  const value = {
    chainingKey,
    hash: hash(h1, sealedTimestamp),
    remoteStatic,
    remoteEphemeral: ephemeral,
    receiver: getU32(message, 4),
    timestamp,
  }
  return { ok: true, value }
}

export interface ResponseInput {
  readonly state: ResponderState
  readonly ephemeralPrivate: Uint8Array
  readonly sender: number
  /** Default: none, which is 32 zero bytes. */
  readonly psk?: Uint8Array
  readonly cookie?: Uint8Array
}

/** §5.4.3: the answer to an initiation, and the session it makes for the responder. */
export function buildResponse(input: ResponseInput): { readonly message: Uint8Array; readonly session: Session } {
  const { state, ephemeralPrivate, sender } = input
  const ephemeral = publicKey(ephemeralPrivate)
  const message = new Uint8Array(92)
  message[0] = 2
  putU32(message, 4, sender)
  putU32(message, 8, state.receiver)
  message.set(ephemeral, 12)
  const ee = dhOrZero(ephemeralPrivate, state.remoteEphemeral)
  const se = dhOrZero(ephemeralPrivate, state.remoteStatic)
  const { chainingKey, key, h } = mixResponse(state, ephemeral, ee, se, input.psk ?? NO_PSK)
  message.set(seal(key, 0n, EMPTY, h), 44)
  putMacs(message, state.remoteStatic, input.cookie)
  const [initiatorSends, responderSends] = kdf2(chainingKey, EMPTY)
  const session = {
    localIndex: sender,
    remoteIndex: state.receiver,
    sendKey: responderSends,
    receiveKey: initiatorSends,
  }
  return { message, session }
}

/** §5.4.3 from the other side: the session it makes for the initiator. */
export function consumeResponse(state: InitiatorState, message: Uint8Array, psk?: Uint8Array): Outcome<Session> {
  if (message.length !== 92 || message[0] !== 2) return fault('not a response')
  if (!mac1Fits(message, publicKey(state.staticPrivate))) return fault('mac1 is not for this key')
  if (getU32(message, 8) !== state.sender) return fault('it answers another initiation')
  const ephemeral = message.subarray(12, 44)
  const ee = sharedSecret(state.ephemeralPrivate, ephemeral)
  const se = sharedSecret(state.staticPrivate, ephemeral)
  if (ee === undefined || se === undefined) return fault('the ephemeral key is of low order')
  const keys = readResponse(state, message, ee, se, psk)
  if (!keys.ok) return keys
  const { initiatorSends, responderSends } = keys.value
  const indices = { localIndex: state.sender, remoteIndex: getU32(message, 4) }
  return { ok: true, value: { ...indices, sendKey: initiatorSends, receiveKey: responderSends } }
}

/** The two transport keys (§5.4.5) from a response and DH results however they were come by. */
export function readResponse(
  state: Transcript,
  message: Uint8Array,
  ee: Uint8Array,
  se: Uint8Array,
  psk: Uint8Array = NO_PSK,
): Outcome<{ readonly initiatorSends: Uint8Array; readonly responderSends: Uint8Array }> {
  const { chainingKey, key, h } = mixResponse(state, message.subarray(12, 44), ee, se, psk)
  if (open(key, 0n, message.subarray(44, 60), h) === undefined) {
    return fault('it does not open: another preshared key, or other keys')
  }
  const [initiatorSends, responderSends] = kdf2(chainingKey, EMPTY)
  return { ok: true, value: { initiatorSends, responderSends } }
}

/** §5.4.6: a transport message. The plaintext is taken as it is: `pad` it where it is to be padded. */
export function sealTransport(session: Session, counter: bigint, plaintext: Uint8Array): Uint8Array {
  const header = new Uint8Array(16)
  header[0] = 4
  putU32(header, 4, session.remoteIndex)
  new DataView(header.buffer).setBigUint64(8, counter, true)
  return concatBytes(header, seal(session.sendKey, counter, plaintext, EMPTY))
}

/** The plaintext of a transport message to this session, padding and all. */
export function openTransport(
  session: Session,
  message: Uint8Array,
): Outcome<{ readonly counter: bigint; readonly plaintext: Uint8Array }> {
  if (message.length < 32 || message[0] !== 4) return fault('not a transport message')
  if (getU32(message, 4) !== session.localIndex) return fault('it is for another session')
  const counter = new DataView(message.buffer, message.byteOffset).getBigUint64(8, true)
  const plaintext = open(session.receiveKey, counter, message.subarray(16), EMPTY)
  return plaintext === undefined ? fault('it does not open') : { ok: true, value: { counter, plaintext } }
}

/** Zeros up to a multiple of 16 bytes (§5.4.6). */
export function pad(packet: Uint8Array): Uint8Array {
  const padded = new Uint8Array(Math.ceil(packet.length / 16) * 16)
  padded.set(packet)
  return padded
}

/** §5.4.4: Mac(Hash(Label-Mac1 ‖ receiver's static public key), everything before mac1). */
export function mac1(message: Uint8Array, receiverStatic: Uint8Array): Uint8Array {
  return mac(hash(LABEL_MAC1, receiverStatic), message.subarray(0, message.length - 32))
}

/** §5.4.4: Mac(cookie, everything before mac2). */
export function mac2(message: Uint8Array, cookie: Uint8Array): Uint8Array {
  return mac(cookie, message.subarray(0, message.length - 16))
}

/** Writes mac1, and mac2 (zeros without a cookie), into an initiation or a response. */
export function putMacs(message: Uint8Array, receiverStatic: Uint8Array, cookie?: Uint8Array): void {
  message.set(mac1(message, receiverStatic), message.length - 32)
  message.set(cookie === undefined ? new Uint8Array(16) : mac2(message, cookie), message.length - 16)
}

/** Whether the mac1 of an initiation or a response is right for the receiver with this public key. */
export function mac1Fits(message: Uint8Array, receiverStatic: Uint8Array): boolean {
  return sameBytes(mac1(message, receiverStatic), message.subarray(message.length - 32, message.length - 16))
}

/** §5.4.7: Mac(secret, source address ‖ source port). */
export function makeCookie(secret: Uint8Array, address: Uint8Array, port: number): Uint8Array {
  return mac(secret, address, Uint8Array.of(port >> 8, port & 0xff))
}

export interface CookieReplyInput {
  /** The static public key of the side that is under load. */
  readonly ownStatic: Uint8Array
  /** The sender index of the message answered, and its mac1. */
  readonly receiver: number
  readonly mac1: Uint8Array
  /** 24 random bytes. */
  readonly nonce: Uint8Array
  readonly cookie: Uint8Array
}

/** §5.4.7: a cookie reply. */
export function buildCookieReply(input: CookieReplyInput): Uint8Array {
  const message = new Uint8Array(64)
  message[0] = 3
  putU32(message, 4, input.receiver)
  message.set(input.nonce, 8)
  const key = hash(LABEL_COOKIE, input.ownStatic)
  message.set(xchacha20poly1305(key, input.nonce, input.mac1).encrypt(input.cookie), 32)
  return message
}

/** The cookie in a cookie reply of `remoteStatic` to the message with this mac1. */
export function openCookieReply(
  remoteStatic: Uint8Array,
  message: Uint8Array,
  sentMac1: Uint8Array,
): Outcome<Uint8Array> {
  if (message.length !== 64 || message[0] !== 3) return fault('not a cookie reply')
  try {
    const cipher = xchacha20poly1305(hash(LABEL_COOKIE, remoteStatic), message.subarray(8, 32), sentMac1)
    return { ok: true, value: cipher.decrypt(message.subarray(32)) }
  } catch {
    return fault('it does not open: another mac1, or another sender')
  }
}

/** A TAI64N label (12 bytes) of seconds since 1970 and nanoseconds; no leap seconds, as WireGuard does. */
export function tai64n(sec: number, nsec: number): Uint8Array {
  const label = new Uint8Array(12)
  const view = new DataView(label.buffer)
  view.setBigUint64(0, 0x400000000000000an + BigInt(sec))
  view.setUint32(8, nsec)
  return label
}

/** Seconds since 1970 and nanoseconds of a TAI64N label. Seconds beyond 2^53 lose their last digits. */
export function readTai64n(label: Uint8Array): { readonly sec: number; readonly nsec: number } {
  const view = new DataView(label.buffer, label.byteOffset)
  return { sec: Number(view.getBigUint64(0) - 0x400000000000000an), nsec: view.getUint32(8) }
}

/** e, ee, se, psk of §5.4.3, up to the key that seals nothing. */
function mixResponse(
  state: Transcript,
  ephemeral: Uint8Array,
  ee: Uint8Array,
  se: Uint8Array,
  psk: Uint8Array,
): { readonly chainingKey: Uint8Array; readonly key: Uint8Array; readonly h: Uint8Array } {
  const h1 = hash(state.hash, ephemeral)
  const ck = kdf1(kdf1(kdf1(state.chainingKey, ephemeral), ee), se)
  const [chainingKey, tau, key] = kdf3(ck, psk)
  return { chainingKey, key, h: hash(h1, tau) }
}

function dhOrZero(privateKey: Uint8Array, peerPublic: Uint8Array): Uint8Array {
  return sharedSecret(privateKey, peerPublic) ?? new Uint8Array(32)
}

function fault(because: string): { readonly ok: false; readonly because: string } {
  return { ok: false, because }
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}

function putU32(bytes: Uint8Array, at: number, value: number): void {
  new DataView(bytes.buffer, bytes.byteOffset).setUint32(at, value, true)
}

function getU32(bytes: Uint8Array, at: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(at, true)
}

function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, letter => letter.charCodeAt(0))
}
