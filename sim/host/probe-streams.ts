/** Acts of a probe that send for a while: each packet is made when its time has come, however many there are. */
import { type Instant, later, NEVER } from '../../impl/box.ts'
import { durationNs } from '../../scenarios/language/quantity.ts'
import type { Act, Hands } from './probe-hands.ts'
import { endpointOf } from './probe-net.ts'
import { alteredMessage } from './probe-slots.ts'

const BURST = 64

/** `count` packets, one every `interval_ns`, and then `linger_ns` of listening. */
export interface Stream {
  readonly step: string
  readonly count: number
  readonly interval_ns: number
  readonly linger_ns: number
  /** Packets of one instant that leave before the rest of the world has its turn. Default 64. */
  readonly burst?: number
  /** Sends the nth, from 0. Throws an Error when that is impossible. */
  send(now: Instant, n: number): void
  /** What came of it, in a few words. */
  outcome(now: Instant): string | undefined
}

interface Running {
  readonly stream: Stream
  sent: number
  due: Instant
}

export class Streams {
  readonly #hands: Hands
  #running: Running[] = []

  constructor(hands: Hands) {
    this.#hands = hands
  }

  get busy(): boolean {
    return this.#running.length > 0
  }

  start(now: Instant, stream: Stream): void {
    this.#running.push({ stream, sent: 0, due: now })
    this.handleTimeout(now)
  }

  handleTimeout(now: Instant): void {
    let over = false
    for (const running of this.#running) {
      if (running.due > now) continue
      this.#go(now, running)
      if (running.due === NEVER) over = true
    }
    if (over) this.#running = this.#running.filter(({ due }) => due !== NEVER)
  }

  pollTimeout(): Instant {
    let due: number = NEVER
    for (const running of this.#running) if (running.due < due) due = running.due
    return due as Instant
  }

  #go(now: Instant, running: Running): void {
    const { stream } = running
    const { count, interval_ns, linger_ns, step, burst = BURST } = stream
    if (running.sent === count) return this.#finish(now, running)
    try {
      const most = interval_ns === 0 ? burst : 1
      for (let i = 0; i < most && running.sent < count; i++) stream.send(now, running.sent++)
    } catch (error) {
      running.due = NEVER
      return this.#hands.say(now, step, 'failed', error instanceof Error ? error.message : String(error))
    }
    if (running.sent < count) running.due = later(now, interval_ns)
    else if (linger_ns > 0) running.due = later(now, linger_ns)
    else this.#finish(now, running)
  }

  #finish(now: Instant, running: Running): void {
    running.due = NEVER
    this.#hands.say(now, running.stream.step, 'done', running.stream.outcome(now))
  }
}

/** What a slot holds, again and again. */
export function replayStream(hands: Hands, step: string, act: Act<'replay'>, stale: Uint8Array): Stream {
  const slot = hands.slot(act.slot)
  const to = act.to === undefined ? slot.to : endpointOf(act.to)
  const from = act.as === 'sender' ? slot.from : act.from === undefined ? hands.net.own(to) : endpointOf(act.from)
  const message = alteredMessage(slot, act, stale, hands.knownKeys())
  const count = act.count ?? 1
  return {
    step,
    count,
    interval_ns: act.interval === undefined ? 0 : durationNs(act.interval),
    linger_ns: 0,
    burst: count,
    send: now => hands.transmit(now, step, message, from, to),
    outcome: () => (act.interval === undefined ? undefined : `${count} sent`),
  }
}

/** Random datagrams: a stream of chance for each, so that its bytes do not depend on the others'. */
export function noiseStream(hands: Hands, step: string, act: Act<'random'>): Stream {
  const to = endpointOf(act.to)
  const { count, interval, size } = act
  const random = hands.random.split('noise')
  return {
    step,
    count,
    interval_ns: interval === undefined ? 0 : durationNs(interval),
    linger_ns: 0,
    burst: count,
    send(now: Instant, n: number): void {
      const chance = random.split(`${step} ${n}`)
      const bytes = chance.bytes(size.min + chance.below(size.max - size.min + 1))
      hands.transmit(now, step, bytes, hands.net.own(to), to)
    },
    outcome: () => `${count} sent`,
  }
}
