/**
 * Which port a NAT gives to a new mapping (RFC 4787 §4.2): the wish, whether it is free, and where to look when it is not.
 * A port is one mapping's (REQ-3), unless the NAT shares ports: then it is one mapping's for each remote end.
 */
import type { Instant, Random } from '../../impl/box.ts'
import type { NatParameters } from '../../scenarios/language/nat-parameters.ts'
import { durationNs } from '../../scenarios/language/quantity.ts'
import { type End, endKey, type FlowProtocol } from './flow.ts'
import { type Key, NOBODY } from './nat-key.ts'

export interface Range {
  readonly from: number
  readonly to: number
}

/** What a port is looked for. */
export interface PortWish {
  readonly protocol: FlowProtocol
  /** The outside address. */
  readonly address: Uint8Array
  readonly inside: End
  /** As much of the remote end as the mapping looks at: who shares a port must differ in it. */
  readonly remoteKey: Key
}

/** RFC 4787 REQ-3 a: a port keeps its range. Port 0 is no port. */
const LOW: Range = { from: 1, to: 1023 }
/** nf_nat_core.c */
const LINUX_LOWEST: Range = { from: 1, to: 511 }
const LINUX_LOW: Range = { from: 600, to: 1023 }
/** Query ids of ICMP have no ranges, and 0 is one of them (RFC 5508). */
const IDS: Range = { from: 0, to: 65_535 }
/** nf_nat_core.c: tries from one random place, halved for each further place, and the least of them. */
const LINUX_TRIES = 128
const LINUX_LEAST = 16

interface Held {
  readonly until: number
  readonly host: Key
}

/** The ports of one protocol on one outside address. */
interface Pool {
  /** Undefined: one mapping's. Else the remote ends for which it is taken. */
  readonly used: Map<number, Set<Key> | undefined>
  /** By the first port of a range: how many are used, and the next one in sequence. */
  readonly ranges: Map<number, { next: number }>
  readonly held: Map<number, Held>
  /** By port and remote end: until when a packet from outside has it. */
  readonly occupied: Map<number, Map<Key, number>>
  /** Ports that were in use before a flush, and are not to come again. */
  readonly avoided: Set<number>
  /** Occupied ports at which those that are over are looked for. */
  sweepAt: number
}

export class PortPools {
  readonly #parameters: NatParameters
  readonly #random: Random
  readonly #holdDown: number
  readonly #pools = new Map<string, Pool>()

  constructor(parameters: NatParameters, random: Random) {
    this.#parameters = parameters
    this.#random = random
    this.#holdDown = durationNs(parameters.hold_down)
  }

  /** A free port, in `range` or in the one that the inner port asks for; undefined when there is none. `not`: a port that is not wanted. */
  take(now: Instant, wish: PortWish, range = this.#rangeOf(wish), not?: number): number | undefined {
    const pool = this.#pool(wish)
    const free = (port: number): boolean => port !== not && this.#isFree(now, pool, port, wish)
    const found = this.#look(pool, range, wish, port => free(port) && !pool.avoided.has(port))
    const port = found ?? (pool.avoided.size === 0 ? undefined : this.#look(pool, range, wish, free))
    if (port !== undefined) this.#use(pool, port, wish.remoteKey)
    return port
  }

  /** This very port, when it is free. */
  takeThis(now: Instant, wish: PortWish, port: number): boolean {
    const pool = this.#pool(wish)
    if (!this.#isFree(now, pool, port, wish)) return false
    this.#use(pool, port, wish.remoteKey)
    return true
  }

  /** Whether a new mapping could have its own port. */
  isFree(now: Instant, wish: PortWish): boolean {
    return this.#isFree(now, this.#pool(wish), wish.inside.port, wish)
  }

  /** The port is free again, perhaps not yet for others. */
  release(now: Instant, wish: PortWish, port: number): void {
    const pool = this.#pool(wish)
    const holders = pool.used.get(port)
    holders?.delete(wish.remoteKey)
    if (holders !== undefined && holders.size > 0) return
    if (!pool.used.delete(port) || this.#holdDown === 0) return
    pool.held.set(port, { until: now + this.#holdDown, host: endKey(wish.inside.address, 0) })
  }

  /** A packet from outside takes the port towards its sender. */
  occupy(now: Instant, wish: Pick<PortWish, 'protocol' | 'address' | 'remoteKey'>, port: number, until: Instant): void {
    const pool = this.#pool(wish)
    const { occupied } = pool
    if (occupied.size >= pool.sweepAt) sweep(now, pool)
    const remotes = occupied.get(port) ?? new Map<Key, number>()
    occupied.set(port, remotes.set(wish.remoteKey, until))
  }

  /** This port is not to come again, where others are free. */
  avoid(wish: PortWish, port: number): void {
    this.#pool(wish).avoided.add(port)
  }

  /** As after a reboot; what is to be avoided stays. */
  clear(): void {
    for (const pool of this.#pools.values()) {
      pool.used.clear()
      pool.ranges.clear()
      pool.held.clear()
      pool.occupied.clear()
    }
  }

  #look(pool: Pool, range: Range, wish: PortWish, free: (port: number) => boolean): number | undefined {
    const { ports, ports_taken, port_parity, ports_step } = this.#parameters
    const parity = port_parity && wish.protocol !== 'icmp' ? wish.inside.port % 2 : undefined
    const even = (port: number): number => (parity === undefined || port % 2 === parity ? port : after(range, port, 1))
    if (ports === 'preserving' && this.#isKept(wish, range) && free(wish.inside.port)) return wish.inside.port
    if (ports === 'preserving' && ports_taken === 'drop') return undefined
    if (ports_taken === 'linux') return this.#linux(range, parity, free)
    const start = even(this.#start(pool, range, wish))
    const port = scan(range, start, parity === undefined ? 1 : 2, free)
    if (ports_taken === 'drop' && port !== start) return undefined
    if (ports === 'sequential' && port !== undefined) state(pool, range).next = after(range, port, ports_step)
    return port
  }

  /** Where the search begins. */
  #start(pool: Pool, range: Range, wish: PortWish): number {
    const { ports, ports_taken } = this.#parameters
    switch (ports) {
      case 'preserving':
        if (ports_taken === 'random') return this.#anywhere(range)
        // A port may be kept outside of the range, but others are looked for within.
        return isWithin(range, wish.inside.port) ? wish.inside.port : range.from
      case 'sequential':
        return state(pool, range).next
      case 'random':
        return this.#anywhere(range)
    }
  }

  #anywhere(range: Range): number {
    return range.from + this.#random.below(range.to - range.from + 1)
  }

  /** As nf_nat_l4proto_unique_tuple: from random places, ever fewer tries from each. */
  #linux(range: Range, parity: number | undefined, free: (port: number) => boolean): number | undefined {
    const size = range.to - range.from + 1
    let tries = Math.min(size, LINUX_TRIES)
    for (;;) {
      const offset = this.#random.below(size)
      for (let i = 0; i < tries; i++) {
        const port = range.from + ((offset + i) % size)
        if ((parity === undefined || port % 2 === parity) && free(port)) return port
      }
      if (tries >= size || tries < LINUX_LEAST) return undefined
      tries = tries >>> 1
    }
  }

  #isFree(now: Instant, pool: Pool, port: number, wish: PortWish): boolean {
    const { remoteKey } = wish
    if (pool.used.has(port)) {
      const remotes = pool.used.get(port)
      if (remotes === undefined || remotes.has(remoteKey)) return false
    }
    const held = pool.held.size === 0 ? undefined : pool.held.get(port)
    if (held !== undefined) {
      if (held.until <= now) pool.held.delete(port)
      else if (held.host !== endKey(wish.inside.address, 0)) return false
    }
    const occupied = pool.occupied.size === 0 ? undefined : pool.occupied.get(port)
    const until = occupied?.get(remoteKey)
    if (occupied === undefined || until === undefined) return true
    if (until > now) return false
    occupied.delete(remoteKey)
    if (occupied.size === 0) pool.occupied.delete(port)
    return true
  }

  #use(pool: Pool, port: number, remoteKey: Key): void {
    pool.held.delete(port)
    if (this.#parameters.sharing === 'none' || remoteKey === NOBODY) {
      pool.used.set(port, undefined)
      return
    }
    const remotes = pool.used.get(port) ?? new Set<Key>()
    pool.used.set(port, remotes.add(remoteKey))
  }

  /** Whether a preserving NAT would keep the inner port at all. */
  #isKept({ protocol, inside: { port } }: PortWish, range: Range): boolean {
    if (isWithin(range, port)) return true
    // Linux keeps what is unique, and asks for its ranges only when it has to look.
    return this.#parameters.port_class === 'linux' && protocol !== 'icmp' && port > 0 && range.to < 1024 && port < 1024
  }

  #rangeOf({ protocol, inside: { port } }: PortWish): Range {
    if (protocol === 'icmp') return IDS
    const [from, to] = this.#parameters.port_range
    switch (this.#parameters.port_class) {
      case 'none':
        return { from, to }
      case 'rfc4787':
        return port < 1024 ? LOW : { from: Math.max(from, 1024), to }
      case 'linux':
        if (port < 512) return LINUX_LOWEST
        return port < 1024 ? LINUX_LOW : { from: Math.max(from, 1024), to }
    }
  }

  #pool({ protocol, address }: Pick<PortWish, 'protocol' | 'address'>): Pool {
    const key = `${protocol} ${address.join('.')}`
    const known = this.#pools.get(key)
    if (known !== undefined) return known
    const pool: Pool = {
      used: new Map(),
      ranges: new Map(),
      held: new Map(),
      occupied: new Map(),
      avoided: new Set(),
      sweepAt: 1024,
    }
    this.#pools.set(key, pool)
    return pool
  }
}

function isWithin(range: Range, port: number): boolean {
  return port >= range.from && port <= range.to
}

/** Forgets what is occupied no longer. */
function sweep(now: Instant, pool: Pool): void {
  for (const [port, remotes] of pool.occupied) {
    for (const [remote, until] of remotes) if (until <= now) remotes.delete(remote)
    if (remotes.size === 0) pool.occupied.delete(port)
  }
  pool.sweepAt = Math.max(1024, pool.occupied.size * 2)
}

function state(pool: Pool, range: Range): { next: number } {
  const known = pool.ranges.get(range.from)
  if (known !== undefined) return known
  const fresh = { next: range.from }
  pool.ranges.set(range.from, fresh)
  return fresh
}

/** The first free one from `start` on, once around. */
function scan(range: Range, start: number, step: number, free: (port: number) => boolean): number | undefined {
  const size = range.to - range.from + 1
  let port = start
  for (let i = 0; i < size; i += step) {
    if (free(port)) return port
    port = after(range, port, step)
  }
  return undefined
}

/** `step` further, and from the beginning after the end. An even step stays even over the end where it can. */
function after(range: Range, port: number, step: number): number {
  const next = port + step
  if (next <= range.to) return next
  const size = range.to - range.from + 1
  const wrapped = range.from + ((next - range.from) % size)
  return step === 2 && wrapped % 2 !== port % 2 ? Math.min(wrapped + 1, range.to) : wrapped
}
