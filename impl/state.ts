/** Everything a device holds. The functions of send.ts, receive.ts, configure.ts and expire.ts work on it. */
import type { DeviceEvent, DeviceOptions, DeviceOutput } from './api.ts'
import { type Address, type Endpoint, type Instant, instant, NS_PER_S, type PacketId, type Random } from './box.ts'
import { DEFAULT_MTU, MAX_MTU } from './constants.ts'
import type { PrivateKey } from './crypto/provider.ts'
import { Deadlines } from './deadlines.ts'
import type { DropReason } from './drops.ts'
import { HandshakeQueue } from './handshakequeue.ts'
import type { Key, PublicKey } from './key.ts'
import { type CookieChecker, CookieSecret } from './noise/cookie.ts'
import { type Noise, prepareNoise } from './noise/handshake.ts'
import type { IndexEntry, Peer } from './peer.ts'
import { AllowedIps } from './tables/allowedips.ts'
import { IndexTable } from './tables/index.ts'
import { RateLimiter } from './tables/ratelimiter.ts'
import { Removals } from './tables/removals.ts'
import type { PeerTimers, TimerHost } from './timers.ts'

/** Who this device is. */
export interface Identity {
  readonly key: Key
  readonly privateKey: PrivateKey
  readonly publicKey: PublicKey
  readonly checker: CookieChecker
}

export class DeviceState implements TimerHost {
  readonly options: DeviceOptions
  readonly noise: Noise
  readonly jiffy_ns: number
  readonly wheelStart_ns: number
  readonly tellsAllTimers: boolean
  readonly peers = new Map<PublicKey, Peer>()
  readonly indices = new IndexTable<IndexEntry>()
  readonly allowedIps = new AllowedIps<Peer>()
  readonly limiter = new RateLimiter()
  readonly deadlines = new Deadlines<PeerTimers>()
  readonly queue: HandshakeQueue
  readonly cookieNonces: Random
  /** How often a peer was removed: one that comes back must not draw the same ephemeral keys again. */
  readonly removals = new Removals()
  identity: Identity | undefined
  peersMade = 0
  mtu: number
  up = false
  listenPort = 0
  fwmark = 0
  /** What the last handshake message met. */
  underLoad = false
  /** The latest instant the device was told. */
  now: Instant = instant(0)
  #cookieSecret: CookieSecret | undefined
  #outputs: DeviceOutput[] = []
  #head = 0
  #born = 0

  constructor(options: DeviceOptions) {
    const cost_ns = options.handshakeCost_ns ?? 0
    if (!Number.isSafeInteger(cost_ns) || cost_ns < 0) {
      throw new Error(
        `handshakeCost_ns: ${cost_ns} (a whole number of nanoseconds, 0 for a machine that is never busy)`,
      )
    }
    this.options = options
    this.noise = prepareNoise(options.crypto)
    this.jiffy_ns = checkedJiffy(options.timerWheel_ns)
    this.wheelStart_ns = checkedStart(options.timerWheelStart_ns)
    this.tellsAllTimers = options.timerEvents !== 'fired'
    this.cookieNonces = options.random.split('cookie nonce')
    this.queue = new HandshakeQueue(cost_ns)
    this.mtu = checkedMtu(options.mtu ?? DEFAULT_MTU)
  }

  /** Every input and every timeout begins here. The device is as old as the first of them. */
  tell(now: Instant): void {
    this.now = now
    this.#cookieSecret ??= new CookieSecret(this.options.random.split('cookie secret'), now)
  }

  /** It belongs to the device and outlives a private key (behaviour 36). */
  get cookieSecret(): CookieSecret {
    return this.#cookieSecret!
  }

  emit(event: DeviceEvent): void {
    this.#outputs.push({ kind: 'event', event })
  }

  output(output: DeviceOutput): void {
    this.#outputs.push(output)
  }

  pollOutput(): DeviceOutput | undefined {
    const output = this.#outputs[this.#head]
    if (output === undefined) {
      if (this.#head > 0) {
        this.#outputs = []
        this.#head = 0
      }
      return undefined
    }
    this.#head++
    return output
  }

  /** The id of a packet that is born here. */
  born(): PacketId {
    return { box: this.options.name, n: this.#born++ }
  }

  drop(id: PacketId, reason: DropReason, peer?: Peer): void {
    if (peer === undefined) {
      this.emit({ kind: 'drop', id, reason })
      return
    }
    peer.drops.set(reason, (peer.drops.get(reason) ?? 0) + 1)
    this.emit({ kind: 'drop', id, reason, peer: peer.publicKey })
  }

  wake(timers: PeerTimers, at: Instant): void {
    this.deadlines.wake(timers, at)
  }

  /** DH of the two static keys, computed when it is first needed; undefined when it is zero, or we have no key. */
  staticStatic(peer: Peer): Uint8Array | undefined {
    if (peer.staticStatic === null) peer.staticStatic = this.identity?.privateKey.dh(peer.remoteStatic)
    return peer.staticStatic
  }

  /** Where the peer is reached from now on (behaviours 107 to 111). */
  setEndpoint(peer: Peer, endpoint: Endpoint, source: Address | undefined): void {
    const before = peer.endpoint
    if (!sameAddress(peer.source, source)) peer.source = source?.slice()
    const known = before !== undefined && before.port === endpoint.port && before.scope === endpoint.scope
    if (known && sameAddress(before.address, endpoint.address)) return
    const address = endpoint.address.slice()
    const { port, scope } = endpoint
    peer.endpoint = scope === undefined ? { address, port } : { address, port, scope }
    this.emit({ kind: 'endpoint', peer: peer.publicKey, from: before, to: peer.endpoint })
  }
}

/** The option as a number: 0 is a device without a wheel. Throws on what is no length of a jiffy. */
function checkedJiffy(jiffy_ns: number | undefined): number {
  if (jiffy_ns === undefined) return 0
  if (Number.isSafeInteger(jiffy_ns) && jiffy_ns > 0 && jiffy_ns <= NS_PER_S) return jiffy_ns
  throw new Error(
    `timerWheel_ns: ${jiffy_ns} (the length of a jiffy: 4000000 for HZ=250, 1000000 for HZ=1000; leave it out for exact timers)`,
  )
}

function checkedStart(start_ns = 0): number {
  if (Number.isSafeInteger(start_ns) && start_ns >= 0) return start_ns
  throw new Error(`timerWheelStart_ns: ${start_ns} (a whole number of nanoseconds, 0 or more)`)
}

/** Throws unless it is 0 … 2147483552. */
export function checkedMtu(mtu: number): number {
  if (Number.isInteger(mtu) && mtu >= 0 && mtu <= MAX_MTU) return mtu
  throw new Error(`mtu: ${mtu} (a whole number of bytes from 0 to ${MAX_MTU}; 1420 suits most paths)`)
}

function sameAddress(a: Address | undefined, b: Address | undefined): boolean {
  if (a === undefined || b === undefined) return a === b
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}
