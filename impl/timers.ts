/**
 * The five timers of a peer (paper §6; kernel timers.c). They say what is due; who sends is decided elsewhere.
 * The methods are named after what has just happened.
 */
import type { DeviceEvent, TimerName } from './api.ts'
import { type Instant, later, NEVER, NS_PER_S, type Random, rebased } from './box.ts'
import {
  KEEPALIVE_TIMEOUT_NS,
  MAX_TIMER_HANDSHAKES,
  NEW_HANDSHAKE_NS,
  REKEY_TIMEOUT_JITTER_MAX_NS,
  REKEY_TIMEOUT_NS,
  ZERO_KEY_MATERIAL_NS,
} from './constants.ts'
import type { Scheduled } from './deadlines.ts'
import type { PublicKey } from './key.ts'
import { wheelDue } from './timerwheel.ts'

export type PeerTimerName = Exclude<TimerName, 'handshake-queue'>

/** What a device offers its peers' timers. */
export interface TimerHost {
  /** A timer is only set while the interface is up. */
  readonly up: boolean
  /** Length of a jiffy of the timer wheel; 0: timers are exact. */
  readonly jiffy_ns: number
  /** What the wheel's clock shows at instant 0. */
  readonly wheelStart_ns: number
  /** Whether it is told when a timer is set or cancelled. */
  readonly tellsAllTimers: boolean
  emit(event: DeviceEvent): void
  wake(timers: PeerTimers, at: Instant): void
}

const NAMES: readonly PeerTimerName[] = [
  'retransmit-handshake',
  'send-keepalive',
  'new-handshake',
  'zero-key-material',
  'persistent-keepalive',
]
const RETRANSMIT_HANDSHAKE = 0
const SEND_KEEPALIVE = 1
const NEW_HANDSHAKE = 2
const ZERO_KEY_MATERIAL = 3
const PERSISTENT_KEEPALIVE = 4

const REASONS: Readonly<Record<PeerTimerName, string>> = {
  'retransmit-handshake': 'an initiation waits for its response',
  'send-keepalive': 'data was received and nothing has been sent since',
  'new-handshake': 'data was sent and nothing has been received since',
  'zero-key-material': 'session keys must not stay in memory',
  'persistent-keepalive': 'the path must be kept open',
}

export class PeerTimers implements Scheduled {
  readonly peer: PublicKey
  readonly order: number
  place = -1
  stands: Instant = NEVER
  readonly #host: TimerHost
  readonly #jitter: Random
  readonly #due: Instant[] = [NEVER, NEVER, NEVER, NEVER, NEVER]
  #attempts = 0
  #needAnotherKeepalive = false
  #persistentKeepalive_s = 0

  constructor(host: TimerHost, peer: PublicKey, order: number, jitter: Random) {
    this.#host = host
    this.peer = peer
    this.order = order
    this.#jitter = jitter
  }

  /** Retransmissions since the last packet that asked for a handshake. */
  get attempts(): number {
    return this.#attempts
  }

  /** Seconds; 0 is off. */
  get persistentKeepalive_s(): number {
    return this.#persistentKeepalive_s
  }

  /** A deadline that is set already stays until the next packet, as in the kernel (behaviour 82). */
  setPersistentKeepalive(seconds: number): void {
    this.#persistentKeepalive_s = seconds
    if (seconds === 0) this.#cancel(PERSISTENT_KEEPALIVE)
  }

  earliest(): Instant {
    const due = this.#due
    let first = due[0]!
    for (let i = 1; i < due.length; i++) if (due[i]! < first) first = due[i]!
    return first
  }

  rebase(by_ns: number): void {
    for (let which = 0; which < NAMES.length; which++) this.#due[which] = rebased(this.#due[which]!, by_ns)
  }

  /** What the earliest deadline is for: the timer's name and a reason. */
  reason(): string {
    const timer = NAMES[this.#due.indexOf(this.earliest())]!
    return `${timer}: ${REASONS[timer]}`
  }

  /** The timer that is due first, now idle; undefined when none is. Ask again until undefined. */
  take(now: Instant): PeerTimerName | undefined {
    const at = this.earliest()
    if (at > now) return undefined
    const which = this.#due.indexOf(at)
    const timer = NAMES[which]!
    this.#due[which] = NEVER
    this.#host.emit({ kind: 'timer', peer: this.peer, timer, what: 'fired', due: at, reason: REASONS[timer] })
    return timer
  }

  /** Data, not a keepalive. The first one that is not answered fixes the deadline (behaviour 76). */
  dataSent(now: Instant): void {
    if (this.#due[NEW_HANDSHAKE] === NEVER)
      this.#set(NEW_HANDSHAKE, this.#after(now, NEW_HANDSHAKE_NS + this.#drawJitter()))
  }

  /** Data, not a keepalive (behaviour 77). */
  dataReceived(now: Instant): void {
    if (!this.#host.up) return
    if (this.#due[SEND_KEEPALIVE] === NEVER) this.#set(SEND_KEEPALIVE, this.#after(now, KEEPALIVE_TIMEOUT_NS))
    else this.#needAnotherKeepalive = true
  }

  /** Any authenticated packet: data, keepalive, initiation, response (behaviour 79). */
  packetSent(now: Instant): void {
    this.#cancel(SEND_KEEPALIVE)
    this.#traversed(now)
  }

  packetReceived(now: Instant): void {
    this.#cancel(NEW_HANDSHAKE)
    this.#traversed(now)
  }

  initiationSent(now: Instant): void {
    this.#set(RETRANSMIT_HANDSHAKE, this.#after(now, REKEY_TIMEOUT_NS + this.#drawJitter()))
  }

  /** A handshake was asked for by a packet and not by the retransmit timer: count from the start (behaviour 73). */
  handshakeWanted(): void {
    this.#attempts = 0
  }

  handshakeCompleted(): void {
    this.#cancel(RETRANSMIT_HANDSHAKE)
    this.#attempts = 0
  }

  /** Keys were derived (behaviour 62). */
  sessionDerived(now: Instant): void {
    this.#set(ZERO_KEY_MATERIAL, this.#after(now, ZERO_KEY_MATERIAL_NS))
  }

  /** The retransmit timer has fired: whether to try again. When not, what is left of the attempt will be wiped (behaviours 71, 72). */
  retryOrGiveUp(now: Instant): 'retry' | 'give-up' {
    if (this.#attempts <= MAX_TIMER_HANDSHAKES) {
      this.#attempts++
      return 'retry'
    }
    this.#cancel(SEND_KEEPALIVE)
    if (this.#due[ZERO_KEY_MATERIAL] === NEVER) this.sessionDerived(now)
    return 'give-up'
  }

  /**
   * The passive keepalive was due, and something left (`sent`) or nothing did. More data that came in the ten seconds is
   * owed another only when nothing left (behaviour 77). The kernel's wg_expired_send_keepalive reads as if a second one
   * followed the first: it sets the timer again. But the first is only queued by then, and when its worker sends it,
   * wg_timers_any_authenticated_packet_sent deletes that timer. Measured on Linux 6.12, and wireguard-go does the same.
   */
  keepaliveTried(now: Instant, sent: boolean): void {
    if (this.#needAnotherKeepalive && !sent) this.#set(SEND_KEEPALIVE, this.#after(now, KEEPALIVE_TIMEOUT_NS))
    this.#needAnotherKeepalive = false
  }

  /** The keys are wiped already. */
  keysZeroed(): void {
    this.#cancel(ZERO_KEY_MATERIAL)
  }

  stop(): void {
    for (let which = 0; which < NAMES.length; which++) this.#cancel(which)
  }

  #traversed(now: Instant): void {
    const seconds = this.#persistentKeepalive_s
    if (seconds > 0) this.#set(PERSISTENT_KEEPALIVE, this.#after(now, seconds * NS_PER_S))
  }

  #after(now: Instant, delay_ns: number): Instant {
    const { jiffy_ns, wheelStart_ns } = this.#host
    return jiffy_ns > 0 ? wheelDue(now, delay_ns, jiffy_ns, wheelStart_ns) : later(now, delay_ns)
  }

  #drawJitter(): number {
    return this.#jitter.below(REKEY_TIMEOUT_JITTER_MAX_NS + 1)
  }

  #set(which: number, due: Instant): void {
    if (!this.#host.up) return
    const idle = this.#due[which] === NEVER
    this.#due[which] = due
    this.#host.wake(this, due)
    if (!idle || !this.#host.tellsAllTimers) return
    const timer = NAMES[which]!
    this.#host.emit({ kind: 'timer', peer: this.peer, timer, what: 'set', due, reason: REASONS[timer] })
  }

  #cancel(which: number): void {
    const due = this.#due[which]!
    if (due === NEVER) return
    this.#due[which] = NEVER
    if (!this.#host.tellsAllTimers) return
    const timer = NAMES[which]!
    this.#host.emit({ kind: 'timer', peer: this.peer, timer, what: 'cancelled', due, reason: REASONS[timer] })
  }
}
