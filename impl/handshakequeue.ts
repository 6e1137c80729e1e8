/**
 * Handshake messages wait here for their turn (behaviours 31, 32, 44). In a machine it is the processor that is slow;
 * here each message takes `cost_ns` of virtual time, and load follows from how many wait, as in the kernel.
 */
import { type Address, type Endpoint, type Instant, instant, later, NEVER, type PacketId, rebased } from './box.ts'
import { MAX_QUEUED_INCOMING_HANDSHAKES, UNDER_LOAD_AFTER_NS, UNDER_LOAD_FROM } from './constants.ts'
import { COOKIE_REPLY, type DATA, type MessageType } from './messages.ts'

export interface QueuedMessage {
  readonly type: Exclude<MessageType, typeof DATA>
  readonly id: PacketId
  readonly bytes: Uint8Array
  readonly from: Endpoint
  readonly to: Address | undefined
}

/** A message whose turn has come, and whether there was load when it was taken out of the queue. */
export interface Served {
  readonly message: QueuedMessage
  readonly underLoad: boolean
}

export class HandshakeQueue {
  readonly #cost_ns: number
  #waiting: QueuedMessage[] = []
  #head = 0
  #inHand: Served | undefined
  #begun: Instant = instant(0)
  #done: Instant = NEVER
  #lastUnderLoad: Instant | undefined

  constructor(cost_ns: number) {
    this.#cost_ns = cost_ns
  }

  /** Messages that are waiting or being worked on. */
  get length(): number {
    return this.#waiting.length - this.#head + (this.#inHand === undefined ? 0 : 1)
  }

  /** False: the queue is full and the message is lost. */
  offer(now: Instant, message: QueuedMessage): boolean {
    if (this.#inHand === undefined) {
      this.#begin(now, message)
      return true
    }
    if (this.#waiting.length - this.#head >= MAX_QUEUED_INCOMING_HANDSHAKES) return false
    this.#waiting.push(message)
    // What comes at one instant is there together before the first of it is looked at, as in the kernel, whose worker has
    // its turn when all that came is in the queue.
    if (this.#begun === now) this.#look(now, this.#inHand.message)
    return true
  }

  /** When the message in hand is done. */
  due(): Instant {
    return this.#done
  }

  /** The next message that is done by now. Ask again until undefined. */
  take(now: Instant): Served | undefined {
    if (this.#done > now) return undefined
    const served = this.#inHand
    const next = this.#waiting[this.#head]
    this.#inHand = undefined
    if (next === undefined) {
      this.#done = NEVER
      this.#waiting = []
      this.#head = 0
    } else {
      this.#head++
      if (this.#head === MAX_QUEUED_INCOMING_HANDSHAKES) {
        this.#waiting = this.#waiting.slice(this.#head)
        this.#head = 0
      }
      this.#begin(this.#done, next)
    }
    return served
  }

  isUnderLoad(now: Instant): boolean {
    if (this.length >= UNDER_LOAD_FROM) return true
    return this.#lastUnderLoad !== undefined && now - this.#lastUnderLoad < UNDER_LOAD_AFTER_NS
  }

  rebase(by_ns: number): void {
    this.#begun = rebased(this.#begun, by_ns)
    this.#done = rebased(this.#done, by_ns)
    if (this.#lastUnderLoad !== undefined) this.#lastUnderLoad = rebased(this.#lastUnderLoad, by_ns)
  }

  /** Forgets all messages and returns them. */
  clear(): QueuedMessage[] {
    const gone = this.#waiting.slice(this.#head)
    if (this.#inHand !== undefined) gone.unshift(this.#inHand.message)
    this.#waiting = []
    this.#head = 0
    this.#inHand = undefined
    this.#done = NEVER
    return gone
  }

  #begin(now: Instant, message: QueuedMessage): void {
    this.#begun = now
    this.#done = later(now, this.#cost_ns)
    this.#look(now, message)
  }

  /** The kernel looks at the load when it takes a message out, and not for cookie replies. Its mark is shared by all interfaces; ours is not. */
  #look(now: Instant, message: QueuedMessage): void {
    const busy = this.#waiting.length - this.#head + 1 >= UNDER_LOAD_FROM
    if (busy && message.type !== COOKIE_REPLY) this.#lastUnderLoad = now
    this.#inHand = { message, underLoad: message.type !== COOKIE_REPLY && this.isUnderLoad(now) }
  }
}
