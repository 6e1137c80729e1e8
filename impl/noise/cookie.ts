/** macs and cookies (paper §5.4.4, §5.4.7): the checker of one who receives, the jar of one who sends. The kernel's cookie.c is the model. */
import { type Endpoint, type Instant, instant, NS_PER_S, type Random, rebased } from '../box.ts'
import type { CryptoProvider } from '../crypto/provider.ts'

/** COOKIE_SECRET_MAX_AGE: the responder's secret lives this long (paper §5.4.7, "every two minutes"). */
const COOKIE_SECRET_MAX_AGE_S = 120
/** COOKIE_SECRET_LATENCY: a cookie is given up this much before its secret is (kernel; the paper says 120 s for both). */
const COOKIE_SECRET_LATENCY_S = 5

const MAC_LENGTH = 16
const NONCE_LENGTH = 24
const REPLY_LENGTH = 64
const REPLY_TYPE = 3
const LABEL_MAC1 = label('mac1----')
const LABEL_COOKIE = label('cookie--')

/** What makes a device's cookies its own. It is as old as the device, not as its first use. */
export class CookieSecret {
  readonly #random: Random
  #born: Instant
  #bytes: Uint8Array | undefined

  constructor(random: Random, born: Instant) {
    this.#random = random
    this.#born = born
  }

  /** The 32 bytes. They are renewed when they are asked for at 120 s or later, not by a timer. */
  at(now: Instant): Uint8Array {
    if (now - this.#born >= COOKIE_SECRET_MAX_AGE_S * NS_PER_S) {
      this.#bytes?.fill(0)
      this.#bytes = undefined
      this.#born = now
    }
    // Drawn when it is needed: nobody can tell it from one drawn at birth.
    this.#bytes ??= this.#random.bytes(32)
    return this.#bytes
  }

  rebase(by_ns: number): void {
    this.#born = rebased(this.#born, by_ns)
  }
}

/** For the receiver of handshake messages, one for each private key of a device: checks mac1 and mac2, and makes cookie replies. */
export class CookieChecker {
  readonly #crypto: CryptoProvider
  readonly #random: Random
  readonly #mac1Key: Uint8Array
  readonly #replyKey: Uint8Array
  readonly #secret: CookieSecret

  /** `staticPublic`: our own static public key, 32 bytes. `random` draws nonces, and the secret's bytes where none is given. */
  constructor(
    crypto: CryptoProvider,
    random: Random,
    staticPublic: Uint8Array,
    secret: CookieSecret = new CookieSecret(random, instant(0)),
  ) {
    this.#crypto = crypto
    this.#random = random
    this.#secret = secret
    this.#mac1Key = crypto.hash(LABEL_MAC1, staticPublic)
    this.#replyKey = crypto.hash(LABEL_COOKIE, staticPublic)
  }

  /** Whether the message was made by somebody who knows our public key. `message`: whole, its last 32 bytes are the macs. */
  validateMac1(message: Uint8Array): boolean {
    if (message.length < 2 * MAC_LENGTH) return false
    const end = message.length - 2 * MAC_LENGTH
    const expected = this.#crypto.mac(this.#mac1Key, message.subarray(0, end))
    return sameBytes(expected, message.subarray(end, end + MAC_LENGTH))
  }

  /** Whether the sender holds the cookie of the address and port it sends from. Does not look at mac1. */
  validateMac2(now: Instant, message: Uint8Array, from: Endpoint): boolean {
    if (message.length < 2 * MAC_LENGTH) return false
    const end = message.length - MAC_LENGTH
    const expected = this.#crypto.mac(this.#cookieOf(now, from), message.subarray(0, end))
    return sameBytes(expected, message.subarray(end))
  }

  /** The 64 bytes of a cookie reply to `message`, whose sender called itself `senderIndex` (a u32) and sent from `from`. */
  createReply(now: Instant, message: Uint8Array, senderIndex: number, from: Endpoint): Uint8Array {
    const reply = new Uint8Array(REPLY_LENGTH)
    const view = new DataView(reply.buffer)
    view.setUint32(0, REPLY_TYPE, true)
    view.setUint32(4, senderIndex, true)
    const nonce = this.#random.bytes(NONCE_LENGTH)
    reply.set(nonce, 8)
    reply.set(this.#crypto.xseal(this.#replyKey, nonce, this.#cookieOf(now, from), mac1Of(message)), 8 + NONCE_LENGTH)
    return reply
  }

  /** MAC(secret, address ‖ port big endian). */
  #cookieOf(now: Instant, from: Endpoint): Uint8Array {
    const port = Uint8Array.of(from.port >>> 8, from.port & 0xff)
    return this.#crypto.mac(this.#secret.at(now), from.address, port)
  }
}

/** For the sender of handshake messages, one a peer: writes mac1 and mac2, and keeps the cookie it was given. */
export class CookieJar {
  readonly #crypto: CryptoProvider
  readonly #mac1Key: Uint8Array
  readonly #replyKey: Uint8Array
  #mac1Sent: Uint8Array | undefined
  #cookie: { readonly bytes: Uint8Array; readonly born: Instant } | undefined

  /** `peerPublic`: the static public key of the peer the messages go to, 32 bytes. */
  constructor(crypto: CryptoProvider, peerPublic: Uint8Array) {
    this.#crypto = crypto
    this.#mac1Key = crypto.hash(LABEL_MAC1, peerPublic)
    this.#replyKey = crypto.hash(LABEL_COOKIE, peerPublic)
  }

  /** Writes the last 32 bytes of `message` in place: mac1, and mac2 under a cookie younger than 115 s, else zeros. Remembers mac1. */
  addMacs(now: Instant, message: Uint8Array): void {
    if (message.length < 2 * MAC_LENGTH) {
      throw new RangeError(`a message with macs has at least ${2 * MAC_LENGTH} bytes, not ${message.length}`)
    }
    const mac1At = message.length - 2 * MAC_LENGTH
    const mac2At = message.length - MAC_LENGTH
    this.#mac1Sent = this.#crypto.mac(this.#mac1Key, message.subarray(0, mac1At))
    message.set(this.#mac1Sent, mac1At)
    const cookie = this.#cookie
    const usable_ns = (COOKIE_SECRET_MAX_AGE_S - COOKIE_SECRET_LATENCY_S) * NS_PER_S
    if (cookie !== undefined && now - cookie.born < usable_ns) {
      message.set(this.#crypto.mac(cookie.bytes, message.subarray(0, mac2At)), mac2At)
    } else {
      message.fill(0, mac2At)
    }
  }

  /** Takes the cookie out of a 64-byte reply to the last message with macs. One reply is taken a message (behaviour 39). */
  consumeReply(now: Instant, reply: Uint8Array): 'accepted' | 'no-mac1-sent' | 'bad-tag' {
    if (this.#mac1Sent === undefined) return 'no-mac1-sent'
    if (reply.length !== REPLY_LENGTH) return 'bad-tag'
    const nonce = reply.subarray(8, 8 + NONCE_LENGTH)
    const cookie = this.#crypto.xopen(this.#replyKey, nonce, reply.subarray(8 + NONCE_LENGTH), this.#mac1Sent)
    if (cookie === undefined) return 'bad-tag'
    this.#cookie = { bytes: cookie, born: now }
    this.#mac1Sent = undefined
    return 'accepted'
  }

  rebase(by_ns: number): void {
    const cookie = this.#cookie
    if (cookie !== undefined) this.#cookie = { bytes: cookie.bytes, born: rebased(cookie.born, by_ns) }
  }
}

function mac1Of(message: Uint8Array): Uint8Array {
  return message.subarray(message.length - 2 * MAC_LENGTH, message.length - MAC_LENGTH)
}

/** Compares without stopping early: what a mac should have been must not show in the time. */
function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  let difference = 0
  for (let i = 0; i < a.length; i++) difference |= (a[i] ?? 0) ^ (b[i] ?? 0)
  return difference === 0
}

function label(text: string): Uint8Array {
  return Uint8Array.from(text, character => character.charCodeAt(0))
}
