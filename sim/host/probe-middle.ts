/**
 * A probe on the path, or beside it: packets that pass are held back, let go in another order, altered, or relayed.
 * What is let go keeps its id, so its story goes on; a copy is a packet of its own.
 */
import { type Endpoint, type Instant, later, NEVER } from '../../impl/box.ts'
import { formatEndpoint, sameEndpoint } from '../../impl/ip/address.ts'
import { payloadKind } from '../../scenarios/decode/wireguard.ts'
import { durationNs } from '../../scenarios/language/quantity.ts'
import type { Packet } from '../node.ts'
import type { Act, Hands } from './probe-hands.ts'
import { alteredMessage } from './probe-slots.ts'
import type { Arrival, Passing } from './probe-watch.ts'

export type MiddleAct = Act<'delay'> | Act<'reorder'> | Act<'forge'> | Act<'relay'>

/** A datagram that passes, with its ends. */
export interface Sight extends Passing {
  readonly from: Endpoint
  readonly to: Endpoint
  /** The box that it came from into this network: its sender, or who passed it on. */
  readonly neighbour: string
}

interface Held {
  readonly packet: Packet
  readonly network: string
}

/** An act at work. */
interface Post {
  readonly step: string
  readonly act: MiddleAct
  readonly until: Instant
  seen: number
  /** Of a reorder: what is collected, and when it goes on at the latest. */
  group: Held[]
  due: Instant
  /** Of a relay: the two sides, as they were last seen. */
  sides: { client: Endpoint; readonly server: Endpoint } | undefined
  back: number
}

const PATIENCE_NS = 1_000_000_000
const NO_STALE_COOKIE = new Uint8Array(16)

export class Middle {
  readonly #hands: Hands
  #posts: Post[] = []
  /** In the order in which they go on. */
  #delayed: (Held & { readonly step: string; readonly due: Instant })[] = []

  constructor(hands: Hands) {
    this.#hands = hands
  }

  get busy(): boolean {
    return this.#posts.length > 0
  }

  add(now: Instant, step: string, act: MiddleAct): void {
    const until = act.for === undefined ? NEVER : later(now, durationNs(act.for))
    this.#posts.push({ step, act, until, seen: 0, group: [], due: NEVER, sides: undefined, back: 0 })
  }

  /** A packet enters a network. true: it is taken off. */
  see(now: Instant, network: string, sight: Sight, packet: Packet): boolean {
    const post = this.#posts.find(({ act, until, seen }) => until > now && wants(act, seen, network, sight))
    if (post === undefined) return false
    post.seen++
    const { act } = post
    switch (act.kind) {
      case 'delay':
        this.#take(now, network, packet)
        this.#delay({ packet, network, step: post.step, due: later(now, durationNs(act.delay)) })
        return true
      case 'reorder':
        this.#take(now, network, packet)
        this.#collect(now, post, act, { packet, network })
        return true
      case 'forge':
        this.#take(now, network, packet)
        this.#forge(now, post, act, sight, { packet, network })
        return true
      case 'relay':
        return this.#relay(now, post, act, sight, packet)
    }
  }

  /** A datagram for the probe itself: a relay passes it on. */
  receive(now: Instant, arrival: Arrival, packet: Packet): void {
    for (const post of this.#posts) {
      const { act, sides } = post
      if (act.kind !== 'relay' || sides === undefined || post.until <= now) continue
      const { net } = this.#hands
      const fromServer = sameEndpoint(arrival.from, sides.server)
      // Who sent the first packets knows the probe by now, and speaks to it: from wherever its NAT lets it.
      const to = fromServer ? sides.client : sides.server
      if (fromServer && act.back === 'none') return
      if (!fromServer) sides.client = arrival.from
      const from = fromServer && act.back === 'spoofed' ? sides.server : net.own(to)
      post.back++
      this.#hands.transmit(now, post.step, arrival.message, from, to, packet.id)
      return
    }
  }

  handleTimeout(now: Instant): void {
    while ((this.#delayed[0]?.due ?? NEVER) <= now) {
      const held = this.#delayed.shift()
      if (held !== undefined) this.#release(now, held.step, held)
    }
    for (const post of this.#posts) if (post.due <= now || post.until <= now) this.#letGo(now, post, post.group)
    for (const post of this.#posts.filter(({ until }) => until <= now)) this.#finish(now, post)
  }

  pollTimeout(): Instant {
    let due: number = this.#delayed[0]?.due ?? NEVER
    for (const post of this.#posts) due = Math.min(due, post.due, post.until)
    return due as Instant
  }

  /** What was taken off a network and has not gone on yet. */
  *holding(): Generator<Packet> {
    for (const { packet } of this.#delayed) yield packet
    for (const { group } of this.#posts) for (const { packet } of group) yield packet
  }

  /** From here on the packet is the probe's. */
  #take(now: Instant, network: string, { id, copy, bytes }: Packet): void {
    const at = `${this.#hands.name}:${network}`
    const row = { kind: 'hop', t: now, at, dir: 'in', layer: 'wire', packet: id, copy, size: bytes.length } as const
    this.#hands.outbox.push({ kind: 'row', row: { ...row, bytes } })
  }

  #delay(held: Held & { readonly step: string; readonly due: Instant }): void {
    let at = this.#delayed.length
    while (at > 0 && (this.#delayed[at - 1]?.due ?? 0) > held.due) at--
    this.#delayed.splice(at, 0, held)
  }

  #collect(now: Instant, post: Post, act: Act<'reorder'>, held: Held): void {
    post.group.push(held)
    if (post.group.length === 1) {
      post.due = later(now, act.within === undefined ? PATIENCE_NS : durationNs(act.within))
    }
    if (post.group.length === act.group) this.#letGo(now, post, this.#shuffled(post, act))
  }

  #shuffled({ group, step, seen }: Post, { order = 'reverse' }: Act<'reorder'>): Held[] {
    switch (order) {
      case 'reverse':
        return group.toReversed()
      case 'last-first':
        return [...group.slice(-1), ...group.slice(0, -1)]
      case 'shuffle': {
        const random = this.#hands.random.split('reorder').split(`${step} ${seen}`)
        const shuffled = [...group]
        for (let i = shuffled.length - 1; i > 0; i--) {
          const j = random.below(i + 1)
          const [a, b] = [shuffled[i], shuffled[j]]
          if (a !== undefined && b !== undefined) [shuffled[i], shuffled[j]] = [b, a]
        }
        return shuffled
      }
    }
  }

  #letGo(now: Instant, post: Post, group: readonly Held[]): void {
    post.group = []
    post.due = NEVER
    for (const held of group) this.#release(now, post.step, held)
  }

  #forge(now: Instant, post: Post, act: Act<'forge'>, sight: Sight, { packet, network }: Held): void {
    const { from, to, message } = sight
    const slot = { message, from, to, receiver: undefined, counter: 0 }
    const { alter, macs = 'keep' } = act
    let forged: Uint8Array
    try {
      const replay = { kind: 'replay', slot: '', alter, macs } as const
      forged = alteredMessage(slot, replay, NO_STALE_COOKIE, this.#hands.knownKeys())
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      this.#hands.say(now, post.step, 'failed', why, packet.id)
      return this.#release(now, post.step, { packet, network })
    }
    const { bytes } = this.#hands.net.datagram(packet.id, forged, from, to).packet
    this.#release(now, post.step, { packet: { ...packet, bytes }, network })
  }

  #relay(now: Instant, post: Post, act: Act<'relay'>, sight: Sight, packet: Packet): boolean {
    const { from, to, message } = sight
    post.sides = { client: from, server: to }
    this.#hands.transmit(now, post.step, message, this.#hands.net.own(to), to, packet.id)
    if (act.hold !== true) return false
    this.#hands.outbox.drop(now, packet, 'wire', 'held-by-probe')
    return true
  }

  #release(now: Instant, step: string, { packet, network }: Held): void {
    for (const output of this.#hands.net.onto(network, packet)) this.#hands.outbox.push(output)
    this.#say(now, step, packet.id)
  }

  #finish(now: Instant, post: Post): void {
    this.#posts = this.#posts.filter(other => other !== post)
    const { act, seen, back, sides } = post
    const between =
      sides === undefined ? '' : ` between ${formatEndpoint(sides.client)} and ${formatEndpoint(sides.server)}`
    const detail = act.kind === 'relay' ? `${seen} seen, ${back} passed on${between}` : `${seen} packets`
    this.#hands.say(now, post.step, 'done', detail)
  }

  #say(now: Instant, step: string, packet: Packet['id']): void {
    this.#hands.say(now, step, 'sent', undefined, packet)
  }
}

function wants(act: MiddleAct, seen: number, network: string, sight: Sight): boolean {
  const { message = 'any', from, to, count } = act
  if (act.network !== undefined && act.network !== network) return false
  if (count !== undefined && seen >= count) return false
  if (from !== undefined && from !== sight.sender && from !== sight.neighbour) return false
  if (to !== undefined && to !== sight.receiver) return false
  return message === 'any' || payloadKind(sight.message) === message
}
