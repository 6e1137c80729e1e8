/**
 * The mappings of a NAT and the sessions they carry (RFC 4787 §4 and §5). A mapping joins an inner end to an outer one; a
 * session is one remote end that the inside has sent to, or as much of it as the filtering behaviour looks at. Both live for
 * as long as they are not idle: the mapping by all of its traffic, the session (which is what the filter asks) by its own.
 * At the very instant of the deadline they are gone. Times: nat-life.ts; room: nat-room.ts; shared ports: nat-outer.ts.
 */
import { type Instant, later, NEVER, type Random } from '../../impl/box.ts'
import type { NatBehaviour } from '../../scenarios/language/nat.ts'
import type { NatParameters } from '../../scenarios/language/nat-parameters.ts'
import { durationNs } from '../../scenarios/language/quantity.ts'
import { type End, endKey, type FlowProtocol } from './flow.ts'
import { type Due, Heap } from './heap.ts'
import { type Key, NOBODY, partOf } from './nat-key.ts'
import { Lives, type Track } from './nat-life.ts'
import { OuterIndex } from './nat-outer.ts'
import { Room } from './nat-room.ts'

/** How many mappings that are gone are remembered, to tell "expired" from "never was". */
const REMEMBERED = 4096
/** The random part of a lifetime is drawn in steps of this many ns. */
const SPREAD_STEP = 1_000_000

export interface Mapping {
  readonly protocol: FlowProtocol
  readonly inside: End
  outside: End
  /** Where the inner host was seen last. */
  insidePort: string
  readonly track: Track
  /** When the permissions of all of its remote ends were last refreshed, where they are refreshed together. */
  permitted: Instant
  /** When it ends whatever passes. */
  readonly ends: Instant
  /** The deadline its entry in the heap has: the true one, or an earlier one. */
  queued: Instant
  /** Of its outer end, and of the part of the remote end that the mapping behaviour looks at. */
  key: Key
  readonly remoteKey: Key
  readonly sessions: Map<Key, Track>
  /** Sessions at which those that are over are looked for. */
  sweepAt: number
}

/** answered: by a gateway for DNS, which lets one answer through. */
export type Gone =
  | 'expired'
  | 'lifetime over'
  | 'closed'
  | 'evicted'
  | 'flushed'
  | 'withdrawn'
  | 'rebound'
  | 'ended by an ICMP error'
  | 'answered'

interface Wake extends Due {
  readonly mapping: Mapping
}

const PROTOCOLS = ['udp', 'tcp', 'icmp'] as const
type PerProtocol<T> = Readonly<Record<FlowProtocol, T>>

export class NatTable {
  readonly lives: Lives
  readonly room: Room<Mapping>
  readonly #parameters: NatParameters
  readonly #random: Random
  readonly #mappingBehaviour: PerProtocol<NatBehaviour>
  readonly #filteringBehaviour: PerProtocol<NatBehaviour>
  readonly #filterLife: number | undefined
  readonly #lifetime: number | undefined
  readonly #spread: number
  /** By protocol and inner end, then by as much of the remote end as the mapping behaviour looks at. */
  readonly #inner: PerProtocol<Map<Key, Map<Key, Mapping>>> = { udp: new Map(), tcp: new Map(), icmp: new Map() }
  readonly #outer: PerProtocol<OuterIndex<Mapping>>
  readonly #gone: PerProtocol<Map<Key, Gone>> = { udp: new Map(), tcp: new Map(), icmp: new Map() }
  /** Inner ends that a conflict has made address-and-port-dependent. */
  readonly #dependent: PerProtocol<Set<Key>> = { udp: new Set(), tcp: new Set(), icmp: new Set() }
  /** By inner end, the newest mapping of each that has any; kept only where ports are used again. */
  readonly #newest: PerProtocol<Map<Key, Mapping>> = { udp: new Map(), tcp: new Map(), icmp: new Map() }
  readonly #wakes = new Heap<Wake>()
  /** Told of each mapping that ends. */
  readonly #ended: (now: Instant, mapping: Mapping, why: Gone) => void
  #seq = 0

  /** `random`: for the random part of lifetimes. */
  constructor(parameters: NatParameters, random: Random, ended: (now: Instant, mapping: Mapping, why: Gone) => void) {
    const { mapping, filtering, tcp, query, sharing, filter_timeout, lifetime, lifetime_spread } = parameters
    this.lives = new Lives(parameters)
    this.room = new Room(parameters)
    this.#parameters = parameters
    this.#random = random
    this.#mappingBehaviour = { udp: mapping, tcp: tcp.mapping, icmp: query.mapping }
    this.#filteringBehaviour = { udp: filtering, tcp: tcp.filtering, icmp: query.filtering }
    this.#filterLife = filter_timeout === 'none' ? undefined : durationNs(filter_timeout)
    this.#lifetime = lifetime === 'none' ? undefined : durationNs(lifetime)
    this.#spread = durationNs(lifetime_spread)
    this.#outer = { udp: new OuterIndex(sharing), tcp: new OuterIndex(sharing), icmp: new OuterIndex(sharing) }
    this.#ended = ended
  }

  /** The mapping that what `inside` sends to `remote` uses. */
  findOutbound(now: Instant, protocol: FlowProtocol, inside: End, remote: End): Mapping | undefined {
    const innerKey = endKey(inside.address, inside.port)
    const remotes = this.#inner[protocol].get(innerKey)
    return this.#alive(now, remotes?.get(this.#remoteKey(protocol, innerKey, remote)))
  }

  /** The mapping that has this outer end; where several share it, the one that what `remote` sends is for. */
  findInbound(
    now: Instant,
    protocol: FlowProtocol,
    address: Uint8Array,
    port: number,
    remote?: End,
  ): Mapping | undefined {
    const key = endKey(address, port)
    for (;;) {
      const mapping = this.#outer[protocol].find(key, remote)
      // Where one of several is over, the next may be meant.
      if (mapping === undefined || this.#alive(now, mapping) !== undefined) return mapping
    }
  }

  /** As much of `remote` as the mapping of this inner end looks at. */
  remoteKey(protocol: FlowProtocol, inside: End, remote: End): Key {
    return this.#remoteKey(protocol, endKey(inside.address, inside.port), remote)
  }

  /** The newest mapping of an inner end. */
  newestOf(now: Instant, protocol: FlowProtocol, inside: End): Mapping | undefined {
    const key = endKey(inside.address, inside.port)
    const newest = this.#newest[protocol].get(key)
    if (newest !== undefined && this.#deadline(newest) > now) return newest
    const mappings = [...(this.#inner[protocol].get(key)?.values() ?? [])].reverse()
    const next = mappings.find(mapping => this.#deadline(mapping) > now)
    if (next !== undefined) this.#newest[protocol].set(key, next)
    return next
  }

  /** Whether the inner end has a mapping of this protocol, or is address-and-port-dependent by a conflict. */
  isNew(protocol: FlowProtocol, inside: End): boolean {
    const key = endKey(inside.address, inside.port)
    return !this.#inner[protocol].has(key) && !this.#dependent[protocol].has(key)
  }

  /** From now on this inner end, which has no mapping, is mapped address-and-port-dependent until all of them are over. */
  makeDependent(protocol: FlowProtocol, inside: End): void {
    this.#dependent[protocol].add(endKey(inside.address, inside.port))
  }

  /** A new mapping; its outer end is free. */
  add(now: Instant, protocol: FlowProtocol, inside: End, outside: End, insidePort: string, remote: End): Mapping {
    const innerKey = endKey(inside.address, inside.port)
    const mapping: Mapping = {
      protocol,
      inside,
      outside,
      insidePort,
      track: this.lives.track(now, protocol, remote.port),
      permitted: now,
      ends: this.#endOf(now, protocol),
      queued: NEVER,
      key: endKey(outside.address, outside.port),
      remoteKey: this.#remoteKey(protocol, innerKey, remote),
      sessions: new Map(),
      sweepAt: 16,
    }
    const inner = this.#inner[protocol]
    const remotes = inner.get(innerKey) ?? new Map<Key, Mapping>()
    inner.set(innerKey, remotes.set(mapping.remoteKey, mapping))
    if (this.#parameters.ports_reuse) this.#newest[protocol].set(innerKey, mapping)
    this.#outer[protocol].add(mapping)
    this.#gone[protocol].delete(mapping.key)
    this.room.add(mapping)
    this.#queue(mapping)
    return mapping
  }

  /** The inside sends to `remote`. `flags`: of a TCP segment. */
  outbound(now: Instant, mapping: Mapping, remote: End, flags?: number): void {
    const { protocol, track } = mapping
    const { refresh, filter_refresh } = this.#parameters
    const key = this.#sessionKey(protocol, remote)
    const known = this.#session(now, mapping, key)
    if (known === undefined) this.#sweep(now, mapping)
    const session = known ?? this.#newSession(now, mapping, key, remote)
    const changed = this.lives.sent(now, protocol, track, flags)
    const moved = this.lives.sent(now, protocol, session, flags)
    if (protocol === 'tcp' || refresh !== 'inbound') track.refreshed = now
    if (protocol === 'tcp' || filter_refresh !== 'inbound' || known === undefined) {
      session.refreshed = now
      mapping.permitted = now
    }
    this.#outer[protocol].sends(mapping, remote)
    this.#used(mapping, changed || moved)
  }

  /** Whether the filter lets `remote` send to the mapping. */
  allows(now: Instant, mapping: Mapping, remote: End): boolean {
    const { protocol } = mapping
    const filtering = this.#filteringBehaviour[protocol]
    if (filtering === 'endpoint-independent') return true
    if (protocol !== 'tcp' || filtering === 'address-and-port-dependent')
      return this.#session(now, mapping, this.#sessionKey(protocol, remote)) !== undefined
    const host = endKey(remote.address, 0)
    for (const session of mapping.sessions.values()) {
      if (session.host === host && this.#lives(now, mapping, session)) return true
    }
    return false
  }

  /** `remote` sends to the inside, and may. `flags`: of a TCP segment. */
  inbound(now: Instant, mapping: Mapping, remote: End, flags?: number): void {
    const { protocol, track } = mapping
    const { refresh, filter_refresh } = this.#parameters
    const key = this.#sessionKey(protocol, remote)
    const known = this.#session(now, mapping, key)
    // A connection from outside has a state of its own.
    const session = known ?? (protocol === 'tcp' ? this.#newSession(now, mapping, key, remote) : undefined)
    let changed = this.lives.answered(now, protocol, track, flags)
    if (protocol === 'tcp' || refresh !== 'outbound') track.refreshed = now
    if (protocol === 'tcp' || filter_refresh !== 'outbound') mapping.permitted = now
    if (session !== undefined) {
      if (this.lives.answered(now, protocol, session, flags)) changed = true
      if (protocol === 'tcp' || filter_refresh !== 'outbound') session.refreshed = now
    }
    this.#used(mapping, changed)
  }

  /** What became of the mapping that had this outer end; undefined: there never was one, or it is long ago. */
  gone(protocol: FlowProtocol, address: Uint8Array, port: number): Gone | undefined {
    return this.#gone[protocol].get(endKey(address, port))
  }

  /** Ends what is due. */
  expire(now: Instant): void {
    for (let wake = this.#wakes.peek(); wake !== undefined && wake.due <= now; wake = this.#wakes.peek()) {
      this.#wakes.pop()
      const { mapping } = wake
      if (!this.#outer[mapping.protocol].has(mapping) || mapping.queued !== wake.due) continue
      if (this.#deadline(mapping) <= now) this.#expired(now, mapping)
      else this.#queue(mapping)
    }
  }

  deadline(): Instant {
    return (this.#wakes.peek()?.due ?? NEVER) as Instant
  }

  /** All mappings, by protocol and outer end. */
  all(): Mapping[] {
    return PROTOCOLS.flatMap(protocol => this.#outer[protocol].all())
  }

  /** Ends every mapping that `which` names. */
  drop(now: Instant, why: Gone, which: (mapping: Mapping) => boolean = () => true): void {
    for (const mapping of this.all()) if (which(mapping)) this.end(now, mapping, why)
  }

  /** The mapping goes on with another outer end, which is free: its sessions stay. */
  move(mapping: Mapping, outside: End): void {
    const { protocol } = mapping
    this.#outer[protocol].remove(mapping)
    this.#remember(protocol, mapping.key, 'rebound')
    mapping.outside = outside
    mapping.key = endKey(outside.address, outside.port)
    this.#outer[protocol].add(mapping)
    this.#gone[protocol].delete(mapping.key)
  }

  end(now: Instant, mapping: Mapping, why: Gone): void {
    const { protocol, inside, key } = mapping
    this.#outer[protocol].remove(mapping)
    const innerKey = endKey(inside.address, inside.port)
    const remotes = this.#inner[protocol].get(innerKey)
    remotes?.delete(mapping.remoteKey)
    if (this.#newest[protocol].get(innerKey) === mapping) this.#newest[protocol].delete(innerKey)
    if (remotes?.size === 0) {
      this.#inner[protocol].delete(innerKey)
      this.#dependent[protocol].delete(innerKey)
    }
    this.#remember(protocol, key, why)
    this.room.remove(mapping)
    this.#ended(now, mapping, why)
  }

  #alive(now: Instant, mapping: Mapping | undefined): Mapping | undefined {
    if (mapping === undefined || this.#deadline(mapping) > now) return mapping
    this.#expired(now, mapping)
    return undefined
  }

  #expired(now: Instant, mapping: Mapping): void {
    const { ends, protocol, track } = mapping
    const reset = protocol === 'tcp' && track.tcp === 'reset'
    this.end(now, mapping, ends <= now ? 'lifetime over' : reset ? 'closed' : 'expired')
  }

  #deadline(mapping: Mapping): Instant {
    const { protocol, track } = mapping
    if (protocol !== 'tcp') {
      const idle = later(track.refreshed, this.lives.of(track))
      return idle < mapping.ends ? idle : mapping.ends
    }
    // As long as the connection of it that lives longest.
    let last = track.born
    for (const session of mapping.sessions.values()) {
      const end = later(session.refreshed, this.lives.of(session))
      if (end > last) last = end
    }
    return mapping.sessions.size === 0 ? later(track.refreshed, this.lives.of(track)) : last
  }

  #endOf(now: Instant, protocol: FlowProtocol): Instant {
    if (this.#lifetime === undefined || protocol !== 'udp') return NEVER
    const steps = Math.floor(this.#spread / SPREAD_STEP)
    const spread = steps === 0 ? 0 : this.#random.below(steps + 1) * SPREAD_STEP
    return later(now, this.#lifetime + spread)
  }

  #used(mapping: Mapping, changed: boolean): void {
    this.room.used(mapping)
    // What was seen may have made its life shorter.
    if (changed && this.#deadline(mapping) < mapping.queued) this.#queue(mapping)
  }

  #newSession(now: Instant, mapping: Mapping, key: Key, remote: End): Track {
    const { protocol } = mapping
    const host = protocol === 'tcp' ? endKey(remote.address, 0) : NOBODY
    const session = this.lives.track(now, protocol, remote.port, host)
    mapping.sessions.set(key, session)
    return session
  }

  #session(now: Instant, mapping: Mapping, key: Key): Track | undefined {
    const session = mapping.sessions.get(key)
    if (session === undefined || this.#lives(now, mapping, session)) return session
    mapping.sessions.delete(key)
    return undefined
  }

  #lives(now: Instant, mapping: Mapping, session: Track): boolean {
    const { protocol } = mapping
    if (protocol === 'tcp') return now < session.refreshed + this.lives.of(session)
    const together = this.#parameters.refresh_scope === 'mapping'
    const own = protocol === 'udp' ? this.#filterLife : undefined
    const life = own ?? this.lives.of(together ? mapping.track : session)
    return now < (together ? mapping.permitted : session.refreshed) + life
  }

  /** Forgets sessions that are over, each time there are twice as many as were left. */
  #sweep(now: Instant, mapping: Mapping): void {
    if (mapping.sessions.size < mapping.sweepAt) return
    for (const [key, session] of mapping.sessions) {
      if (!this.#lives(now, mapping, session)) mapping.sessions.delete(key)
    }
    mapping.sweepAt = Math.max(16, mapping.sessions.size * 2)
  }

  #queue(mapping: Mapping): void {
    mapping.queued = this.#deadline(mapping)
    this.#wakes.push({ due: mapping.queued, seq: this.#seq++, mapping })
  }

  #remember(protocol: FlowProtocol, key: Key, why: Gone): void {
    const gone = this.#gone[protocol]
    gone.delete(key)
    gone.set(key, why)
    const oldest = gone.size > REMEMBERED ? gone.keys().next().value : undefined
    if (oldest !== undefined) gone.delete(oldest)
  }

  /** Sessions of TCP are connections: they have the whole remote end. */
  #sessionKey(protocol: FlowProtocol, remote: End): Key {
    return protocol === 'tcp' ? endKey(remote.address, remote.port) : partOf(remote, this.#filteringBehaviour[protocol])
  }

  /** IPv6 is not translated: one end, one mapping. */
  #remoteKey(protocol: FlowProtocol, innerKey: Key, remote: End): Key {
    if (remote.address.length !== 4) return NOBODY
    const dependent = this.#dependent[protocol]
    const changed = dependent.size > 0 && dependent.has(innerKey)
    return partOf(remote, changed ? 'address-and-port-dependent' : this.#mappingBehaviour[protocol])
  }
}
