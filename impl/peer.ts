/** What a device knows of one peer. */
import type { PeerStatus, Prefix } from './api.ts'
import type { Address, Endpoint, Instant, PacketId, Random, WallTime } from './box.ts'
import { REKEY_TIMEOUT_NS } from './constants.ts'
import type { CryptoProvider } from './crypto/provider.ts'
import type { DropReason } from './drops.ts'
import { Key, type PublicKey } from './key.ts'
import { CookieJar } from './noise/cookie.ts'
import { type ConsumedInitiation, type CreatedInitiation, wipeTranscript } from './noise/handshake.ts'
import { type Keypair, Keypairs } from './noise/keypair.ts'
import { PeerTimers, type TimerHost } from './timers.ts'

/** A packet that waits for a session. Empty: a keepalive. `mtu`: what it is padded to at most. */
export interface Staged {
  readonly id: PacketId
  readonly packet: Uint8Array
  readonly mtu: number
}

/** What an index stands for: a handshake of the peer's, or one of its sessions (behaviour 6). */
export interface IndexEntry {
  readonly peer: Peer
  readonly keypair: Keypair | undefined
}

const NO_PRESHARED_KEY = new Key(new Uint8Array(32))

export class Peer {
  readonly publicKey: PublicKey
  readonly remoteStatic: Uint8Array
  readonly timers: PeerTimers
  readonly jar: CookieJar
  /** Draws the ephemeral keys. */
  readonly random: Random
  /** Draws the indices of its handshakes and sessions. */
  readonly indexRandom: Random
  readonly entry: IndexEntry = { peer: this, keypair: undefined }
  readonly keypairs = new Keypairs()
  /** Behaviour 10: no preshared key is 32 zeros. */
  presharedKey = NO_PRESHARED_KEY
  endpoint: Endpoint | undefined
  /** Our address that the peer's last packet was sent to (behaviour 111). */
  source: Address | undefined
  handshake: CreatedInitiation | ConsumedInitiation | undefined
  handshakeIndex: number | undefined
  /** DH of the two static keys. null: not computed since the private key changed; undefined: zero. */
  staticStatic: Uint8Array | undefined | null = null
  /** The greatest timestamp seen: survives everything but removal (behaviour 16). */
  latestTimestamp: Uint8Array = new Uint8Array(12)
  lastInitiationConsumed: Instant | undefined
  /** When an initiation or a response was last sent; undefined: an initiation may leave at once (behaviours 25, 74). */
  lastSentHandshake: Instant | undefined
  sentLastMinuteHandshake = false
  staged: Staged[] = []
  rxBytes = 0
  txBytes = 0
  latestHandshake: WallTime | undefined
  latestHandshakeAt: Instant | undefined
  readonly drops = new Map<DropReason, number>()

  constructor(
    host: TimerHost,
    crypto: CryptoProvider,
    publicKey: PublicKey,
    remoteStatic: Uint8Array,
    order: number,
    random: Random,
  ) {
    this.publicKey = publicKey
    this.remoteStatic = remoteStatic
    this.timers = new PeerTimers(host, publicKey, order, random.split('jitter'))
    this.jar = new CookieJar(crypto, remoteStatic)
    this.random = random.split('ephemeral')
    this.indexRandom = random.split('index')
  }

  /** Behaviour 74: one initiation every 5 s, and none within 5 s of a response. */
  mayInitiate(now: Instant): boolean {
    return this.lastSentHandshake === undefined || now - this.lastSentHandshake >= REKEY_TIMEOUT_NS
  }

  forgetHandshake(): void {
    if (this.handshake !== undefined) wipeTranscript(this.handshake)
    this.handshake = undefined
  }

  usePresharedKey(key: Key | null): void {
    const before = this.presharedKey
    this.presharedKey = key === null ? NO_PRESHARED_KEY : new Key(key.reveal())
    if (before !== NO_PRESHARED_KEY) before.zero()
  }

  /** It is computed anew when it is next needed. */
  forgetStaticStatic(): void {
    this.staticStatic?.fill(0)
    this.staticStatic = null
  }

  /** What outlives a handshake and must not outlive the peer. */
  wipeSecrets(): void {
    this.usePresharedKey(null)
    this.forgetStaticStatic()
  }

  status(allowedIps: readonly Prefix[]): PeerStatus {
    return {
      publicKey: this.publicKey,
      hasPresharedKey: !this.presharedKey.isZero(),
      endpoint: this.endpoint,
      allowedIps,
      latestHandshake: this.latestHandshake,
      latestHandshakeAt: this.latestHandshakeAt,
      rxBytes: this.rxBytes,
      txBytes: this.txBytes,
      persistentKeepalive_s: this.timers.persistentKeepalive_s,
      staged: this.staged.length,
      drops: Object.fromEntries(this.drops),
    }
  }
}
