/**
 * One direction of a cable. In the order of Linux netem: too big, cut, blackout, listed loss, random loss, corruption,
 * marks, policing, duplication, queue, rate, delay with jitter. A copy stands in the queue right behind its original and
 * takes its share of the rate. What is left to chance is in fate.ts, what waits in queue.ts and shaper.ts.
 */
import { type Instant, later, NEVER, type Random } from '../../impl/box.ts'
import type { Discipline as DisciplineSpec } from '../../scenarios/language/link-queue.ts'
import { durationNs, rateBits } from '../../scenarios/language/quantity.ts'
import type { Link } from '../../scenarios/language/topology.ts'
import type { LinkBox, LinkInput, LinkOutput, Packet } from '../node.ts'
import { Later } from './again.ts'
import { CodelQueue } from './codel.ts'
import { type Discipline, DropTail } from './discipline.ts'
import type { NetDrop } from './drops.ts'
import { Fates } from './fate.ts'
import { Copies } from './faults.ts'
import { FqCodel } from './fq-codel.ts'
import { Queue } from './queue.ts'
import { Ring } from './ring.ts'
import { Shaper } from './shaper.ts'

export interface CableOptions {
  /** `host:network`: `at` of its rows. */
  readonly name: string
  /** Its own stream of chance: each direction needs another one. */
  readonly random: Random
  readonly link: Link
  /** What holds where `link` says nothing: the network's own `link`, and its kind's delay. */
  readonly defaults?: Link
  /** Shared by all cables of a world. */
  readonly copies?: Copies
}

const UNLIMITED = Number.MAX_SAFE_INTEGER

export class Cable implements LinkBox {
  readonly #name: string
  readonly #random: Random
  readonly #queue = new Queue()
  readonly #copies: Copies
  /** What was lost here; made with the first loss. */
  #rows: Ring<LinkOutput> | undefined
  /** Made when something is left to chance or rule: most cables are plain. */
  #fates: Fates | undefined
  /** In use while the queue is more than a row that is cut off at its end. */
  #shaper: Shaper | undefined
  #shaping = false
  #discipline = ''
  #later: Later | undefined
  #link: Link
  #mtu = 1500
  #delay_ns = 0
  /** What fits passes. */
  #plain = false
  #now = 0 as Instant

  constructor(options: CableOptions) {
    const { name, random, link, defaults = {}, copies = new Copies() } = options
    this.#name = name
    this.#random = random
    this.#copies = copies
    this.#link = { ...defaults, ...link }
    this.#apply(0 as Instant, this.#link)
  }

  handleInput(now: Instant, input: LinkInput): void {
    this.#now = now
    switch (input.kind) {
      case 'packet':
        this.#enter(now, input.packet, input.via)
        return
      case 'set':
        // Only what is named changes; a list that is named again counts anew.
        this.#link = input.anew === true ? input.link : { ...this.#link, ...input.link }
        this.#apply(now, input.anew === true ? { ...NOTHING_LISTED, ...input.link } : input.link)
        return
    }
  }

  handleTimeout(now: Instant): void {
    this.#now = now
    if (this.#later !== undefined) this.#enterAgain(now, this.#later)
    if (this.#shaping) this.#shaper?.pump(now)
  }

  pollOutput(): LinkOutput | undefined {
    return this.#rows?.shift() ?? this.#queue.poll(this.#now)
  }

  pollTimeout(): Instant {
    const arrival = this.#queue.deadline()
    if (this.#shaper === undefined && this.#later === undefined) return arrival
    const next = this.#shaping ? (this.#shaper?.deadline(this.#now) ?? NEVER) : NEVER
    return Math.min(arrival, next, this.#later?.deadline() ?? NEVER) as Instant
  }

  /** What waits and what is on its way; a copy that comes later is none yet. */
  *holding(): Generator<Packet> {
    yield* this.#queue.holding()
    if (this.#shaper !== undefined) yield* this.#shaper.holding()
  }

  timeoutReason(): string {
    const due = this.pollTimeout()
    if (due === NEVER) return 'nothing on the way'
    if (due === this.#queue.deadline()) return 'a packet arrives'
    return due === this.#later?.deadline() ? 'a packet is sent again' : 'the next packet leaves the queue'
  }

  #apply(now: Instant, named: Link): void {
    const { rate, delay = '0ms', queue, reorder = false, mtu = 1500 } = this.#link
    const bits = rate === undefined ? undefined : rateBits(rate)
    if (bits !== undefined && bits < 1)
      throw new RangeError(`${this.#name}: a rate of "${rate}" lets nothing pass (write cut: true)`)
    this.#mtu = mtu
    nonNegative(this.#name, 'jitter', durationNs(this.#link.jitter ?? '0ms'))
    this.#delay_ns = nonNegative(this.#name, 'delay', durationNs(delay))
    if (this.#fates !== undefined || leavesToChance(this.#link)) {
      this.#fates ??= new Fates(this.#random)
      this.#fates.set(now, this.#link, named)
    }
    if (this.#link.cut === true) this.#flush(now)
    const shaped = bits !== undefined && needsShaper(this.#link)
    const burst = shaped ? this.#link.burst : undefined
    const limits = { rate: burst === undefined ? bits : undefined, queue: shaped ? UNLIMITED : (queue ?? 1000) }
    if (shaped) this.#shape(now, bits)
    this.#queue.set(now, { ...limits, delay_ns: this.#delay_ns, reorder: reorder === true })
    if (shaped) this.#shaper?.pump(now)
    else if (this.#shaping) this.#unshape(now)
    this.#plain = this.#link.cut !== true && (this.#fates === undefined || this.#fates.isPlain)
  }

  /** Those that wait in the plain queue now wait in the shaper. */
  #shape(now: Instant, rate: number): void {
    const { queue, queue_bytes: bytes = UNLIMITED, burst, discipline: spec = { kind: 'drop-tail' } } = this.#link
    this.#shaper ??= new Shaper(this.#queue, (t, packet, reason, detail) =>
      this.#drop(t as Instant, packet, reason, detail),
    )
    const text = JSON.stringify([spec, spec.kind === 'fq-codel' ? queue : 0])
    const fresh = this.#discipline === text ? undefined : this.#make(spec, queue)
    this.#discipline = text
    const packets = spec.kind === 'fq-codel' ? UNLIMITED : (queue ?? 1000)
    this.#shaper.set(now, { packets, bytes, rate, burst }, fresh)
    const waiting = this.#shaping ? [] : this.#queue.flush(now)
    this.#shaping = true
    for (const each of waiting) this.#shaper.adopt(now, { ...each, came: now })
  }

  #unshape(now: Instant): void {
    this.#shaping = false
    for (const { packet, via, jitter, loose } of this.#shaper?.clear() ?? [])
      if (!this.#queue.push(now, packet, via, jitter, loose)) this.#drop(now, packet, 'queue-full')
  }

  #make(spec: DisciplineSpec, queue: number | undefined): Discipline {
    const lost = (t: number, packet: Packet, reason: NetDrop, detail?: string) =>
      this.#drop(t as Instant, packet, reason, detail)
    if (spec.kind === 'drop-tail') return new DropTail()
    const { target = '5ms', interval = '100ms', ecn = true } = spec
    const codel = { target_ns: durationNs(target), interval_ns: durationNs(interval), ecn }
    if (spec.kind === 'codel') return new CodelQueue(codel, lost)
    const { flows = 1024, quantum = 1514 } = spec
    const seed = this.#random.split('flows').below(0x1_0000_0000)
    return new FqCodel({ ...codel, flows, quantum, limit: queue ?? 10_240, seed }, lost)
  }

  #flush(now: Instant): void {
    for (const { packet } of this.#queue.flush(now)) this.#drop(now, packet, 'link-cut')
    if (this.#shaping) for (const { packet } of this.#shaper?.clear() ?? []) this.#drop(now, packet, 'link-cut')
  }

  #enter(now: Instant, packet: Packet, via: Uint8Array | undefined): void {
    const fates = this.#fates
    if (this.#plain && packet.bytes.length <= this.#mtu) {
      this.#push(now, packet, via, 0)
      return
    }
    const fate = fates?.draw(packet.bytes)
    if (packet.bytes.length > this.#mtu) {
      this.#drop(now, packet, 'too-big-for-link', `${packet.bytes.length} bytes, the MTU is ${this.#mtu}`)
      return
    }
    if (this.#link.cut === true) {
      this.#drop(now, packet, 'link-cut')
      return
    }
    if (fates === undefined || fate === undefined) return
    const loss = fates.listed(now, packet.bytes) ?? fate.loss
    if (loss !== undefined) {
      this.#drop(now, packet, loss.reason, loss.detail)
      return
    }
    const carried = fates.changed(packet, fate.corrupt)
    if (!fates.admits(now, packet.bytes.length)) {
      this.#drop(now, packet, 'policed')
      return
    }
    if (fate.ahead) this.#push(now, carried, via, -this.#delay_ns, true)
    else this.#push(now, carried, via, fate.jitter)
    this.#copy(now, carried, via, fate.copies, fates.copyDelay_ns)
    this.#later ??= new Later()
    fates.remember(now, carried, via, this.#later)
  }

  #copy(now: Instant, packet: Packet, via: Uint8Array | undefined, jitters: readonly number[], delay_ns: number): void {
    for (const [i, jitter] of jitters.entries()) {
      if (delay_ns === 0) this.#push(now, { ...packet, copy: this.#copies.next(packet.id) }, via, jitter)
      else {
        this.#later ??= new Later()
        this.#later.add(later(now, (i + 1) * delay_ns), packet, via)
      }
    }
  }

  /** Copies whose time has come: they were lost once by chance already, or never. */
  #enterAgain(now: Instant, kept: Later): void {
    for (let next = kept.take(now); next !== undefined; next = kept.take(now)) {
      const { via } = next
      const packet = { ...next.packet, copy: this.#copies.next(next.packet.id) }
      const big = packet.bytes.length > this.#mtu
      const reason = big ? 'too-big-for-link' : this.#link.cut === true ? 'link-cut' : undefined
      if (reason !== undefined) this.#drop(now, packet, reason)
      else if (this.#fates?.isDark(now) === true) this.#drop(now, packet, 'blackout')
      else this.#push(now, packet, via, this.#fates?.lateJitter() ?? 0)
    }
  }

  #push(now: Instant, packet: Packet, via: Uint8Array | undefined, jitter: number, ahead = false): void {
    if (this.#shaping) {
      const loose = ahead || this.#link.reorder === true
      this.#shaper?.push(now, { packet, via, jitter, loose, came: now })
    } else if (!this.#queue.push(now, packet, via, jitter, ahead || undefined)) this.#drop(now, packet, 'queue-full')
  }

  #drop(now: Instant, packet: Packet, reason: NetDrop, detail?: string): void {
    const { id, copy } = packet
    const row = { kind: 'drop', t: now, at: this.#name, layer: 'wire', packet: id, copy, reason } as const
    this.#rows ??= new Ring()
    this.#rows.push({ kind: 'row', row: detail === undefined ? row : { ...row, detail } })
  }
}

/** A link that begins anew has the lists it names, and no others. */
const NOTHING_LISTED: Link = { lose: [], corrupt_field: [], replays: [] }

/** Keys that a plain cable does not have. */
const CHANCES = [
  ...['jitter', 'distribution', 'loss', 'gilbert_elliott', 'loss_burst', 'blackouts', 'duplicate', 'replays'],
  ...['corrupt', 'corrupt_field', 'ecn', 'dscp', 'lose', 'police'],
] as const satisfies readonly (keyof Link)[]

function leavesToChance(link: Link): boolean {
  return typeof link.reorder === 'object' || CHANCES.some(key => link[key] !== undefined)
}

function needsShaper(link: Link): boolean {
  const { discipline, burst, queue_bytes: bytes } = link
  return burst !== undefined || bytes !== undefined || (discipline !== undefined && discipline.kind !== 'drop-tail')
}

function nonNegative(name: string, what: string, ns: number): number {
  if (ns < 0) throw new RangeError(`${name}: a ${what} is not negative`)
  return ns
}
