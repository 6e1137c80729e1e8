/**
 * What becomes of a packet that enters a cable: lost, changed, copied, late. All chance of a cable is here, a stream for
 * each mechanism. Every stream that is on is asked before anything is decided: what one setting does never moves the draws
 * of another.
 */
import type { Instant, Random } from '../../impl/box.ts'
import { durationNs, rateBits } from '../../scenarios/language/quantity.ts'
import type { Link } from '../../scenarios/language/topology.ts'
import type { Packet } from '../node.ts'
import { type Later, Replays } from './again.ts'
import { Bucket } from './bucket.ts'
import { Corruption, Dice, LossList } from './faults.ts'
import { Fields } from './fields.ts'
import { Jitter } from './jitter.ts'
import { type Loss, Losses } from './losses.ts'
import { type Marks, marked } from './marks.ts'

/** What was drawn for one packet. */
export interface Fate {
  readonly loss: Loss | undefined
  readonly jitter: number
  /** It goes ahead of the others, without the delay. */
  readonly ahead: boolean
  /** The jitter of each copy; empty: there is none. */
  readonly copies: readonly number[]
  /** The bytes with a bit flipped, in a copy. */
  readonly corrupt: Uint8Array | undefined
}

const NONE: readonly number[] = []

export class Fates {
  readonly #losses: Losses
  readonly #duplicate: Dice
  readonly #corrupt: Corruption
  readonly #jitter: Jitter
  readonly #copyJitter: Jitter
  readonly #lateJitter: Jitter
  readonly #ahead: Dice
  readonly #replays: Replays
  #policer: Bucket | undefined
  #list = new LossList([])
  #fields = new Fields([])
  #marks: Marks = { ecn: 'pass', dscp: undefined }
  #count = 1
  #gap = 1
  #since = 0
  /** Between copies; 0: they come right behind. */
  #copyDelay_ns = 0

  constructor(random: Random) {
    const jitter = random.split('jitter')
    this.#losses = new Losses(random)
    this.#duplicate = new Dice(random.split('duplicate'))
    this.#corrupt = new Corruption(random.split('corrupt'))
    this.#jitter = new Jitter(jitter)
    this.#copyJitter = new Jitter(jitter.split('copy'))
    this.#lateJitter = new Jitter(jitter.split('late'))
    this.#ahead = new Dice(random.split('ahead'))
    this.#replays = new Replays(random.split('replay'))
  }

  /** `link`: all that holds from now on. `named`: what was set anew, whose lists count anew. */
  set(now: Instant, link: Link, named: Link): void {
    const { duplicate = 0, reorder = false, police } = link
    this.#losses.set(link)
    this.#duplicate.set(typeof duplicate === 'number' ? duplicate : duplicate.chance)
    this.#count = typeof duplicate === 'number' ? 1 : (duplicate.count ?? 1)
    this.#copyDelay_ns = typeof duplicate === 'number' ? 0 : durationNs(duplicate.delay ?? '0ms')
    this.#corrupt.set(link.corrupt ?? 0)
    for (const jitter of [this.#jitter, this.#copyJitter, this.#lateJitter]) jitter.set(link)
    this.#ahead.set(typeof reorder === 'object' ? reorder.chance : 0)
    this.#gap = typeof reorder === 'object' ? (reorder.gap ?? 1) : 1
    this.#marks = { ecn: link.ecn ?? 'pass', dscp: link.dscp }
    if (named.lose !== undefined) this.#list = new LossList(named.lose)
    if (named.corrupt_field !== undefined) this.#fields = new Fields(named.corrupt_field)
    if (named.replays !== undefined) this.#replays.set(named.replays)
    if (police === undefined) this.#policer = undefined
    else {
      this.#policer ??= new Bucket()
      this.#policer.set(now, rateBits(police.rate), police.burst)
    }
  }

  /** Whether every packet that fits passes as it is. */
  get isPlain(): boolean {
    const chance =
      this.#losses.isOn || this.#duplicate.isOn || this.#corrupt.isOn || this.#jitter.isOn || this.#ahead.isOn
    const changes = this.#marks.ecn !== 'pass' || this.#marks.dscp !== undefined || !this.#fields.isEmpty
    return !chance && !changes && this.#list.isEmpty && !this.#replays.isOn && this.#policer === undefined
  }

  draw(bytes: Uint8Array): Fate {
    const loss = this.#losses.draw()
    const twice = this.#duplicate.roll()
    const jitter = this.#jitter.draw()
    const copies = this.#duplicate.isOn ? Array.from({ length: this.#count }, () => this.#copyJitter.draw()) : NONE
    const corrupt = this.#corrupt.apply(bytes)
    return { loss, jitter, ahead: this.#goesAhead(), copies: twice ? copies : NONE, corrupt }
  }

  /** What the rules say of a packet that fits the cable, before chance has its say. */
  listed(now: Instant, bytes: Uint8Array): Loss | undefined {
    if (this.#losses.isDark(now)) return { reason: 'blackout' }
    const detail = this.#list.takes(bytes)
    return detail === undefined ? undefined : { reason: 'listed-loss', detail }
  }

  /** The packet as the rules and the network leave it. */
  changed(packet: Packet, corrupt: Uint8Array | undefined): Packet {
    const bytes = this.#fields.apply(corrupt ?? packet.bytes)
    const carried = bytes === packet.bytes ? packet : { id: packet.id, copy: packet.copy, bytes }
    return marked(carried, this.#marks)
  }

  /** Whether the policer lets it pass; it has then used its share. */
  admits(now: Instant, bytes: number): boolean {
    if (this.#policer === undefined) return true
    if (!this.#policer.has(now, bytes)) return false
    this.#policer.take(now, bytes)
    return true
  }

  /** Keeps what is to be sent again. */
  remember(now: Instant, packet: Packet, via: Uint8Array | undefined, into: Later): void {
    if (this.#replays.isOn) this.#replays.see(now, packet, via, into)
  }

  get copyDelay_ns(): number {
    return this.#copyDelay_ns
  }

  isDark(now: Instant): boolean {
    return this.#losses.isDark(now)
  }

  /** The jitter of one that enters a second time. */
  lateJitter(): number {
    return this.#lateJitter.draw()
  }

  /** As netem: those between two that may go ahead never do. */
  #goesAhead(): boolean {
    if (!this.#ahead.isOn) return false
    const ahead = this.#ahead.roll()
    this.#since++
    if (this.#since < this.#gap || !ahead) return false
    this.#since = 0
    return true
  }
}
