/**
 * What the inside sends gets its mapping here: the one it has, or a new one if there is room, an address and a port for it.
 * And what changes mappings from without: a flush, a new port or address in mid-flow.
 */
import { type Instant, later, type Random } from '../../impl/box.ts'
import { addressInPrefix, sameAddress } from '../../impl/ip/address.ts'
import { get32 } from '../../impl/ip/bytes.ts'
import { ipVersion } from '../../impl/ip/packet.ts'
import { ACK, RST, SYN } from '../../impl/ip/tcp.ts'
import { durationNs } from '../../scenarios/language/quantity.ts'
import type { NetDrop } from './drops.ts'
import { type End, endKey, type FlowProtocol, readEnd, scratchEnd } from './flow.ts'
import { PortBlocks } from './nat-blocks.ts'
import { partOf } from './nat-key.ts'
import { Pooling } from './nat-pooling.ts'
import { PortPools, type PortWish } from './nat-ports.ts'
import { endText, type NatState, sourceEnd } from './nat-state.ts'
import type { Mapping } from './nat-table.ts'
import type { Arrival } from './transit.ts'

/** Where IPv4 has its source address. */
const SOURCE = 12

/** What is to be other than before. */
export type Rebinding = 'port' | 'address' | 'both'

export class Bindings {
  readonly #state: NatState
  readonly #pools: PortPools
  readonly #blocks: PortBlocks | undefined
  readonly #pooling: Pooling
  readonly #occupiedFor: number
  /** Outer ends that mappings had before a flush after which they are to come back. */
  readonly #remembered = new Map<string, End>()
  /** The sender of the packet in hand. */
  readonly #near = scratchEnd()

  constructor(state: NatState, random: Random) {
    const { parameters } = state
    this.#state = state
    this.#pools = new PortPools(parameters, random.split('ports'))
    this.#blocks =
      parameters.blocks === 'none' ? undefined : new PortBlocks(parameters, parameters.blocks, random.split('blocks'))
    this.#pooling = new Pooling(parameters.pooling, random.split('addresses'))
    this.#occupiedFor = durationNs(parameters.timeout_unreplied)
  }

  /**
   * The mapping that what the inside sends now uses, refreshed; a new one where need be. Undefined: there is none for it,
   * and the packet is dropped. `flags`: of a TCP segment.
   */
  outbound(
    now: Instant,
    arrival: Arrival,
    protocol: FlowProtocol,
    innerPort: number,
    remote: End,
    outsidePort: string,
    flags?: number,
  ): Mapping | undefined {
    const { table } = this.#state
    const { bytes } = arrival.packet
    const view = ipVersion(bytes) === 4 ? readEnd(this.#near, bytes, SOURCE, innerPort) : sourceEnd(bytes, innerPort)
    const found = table.findOutbound(now, protocol, view, remote)
    const mapping = found ?? this.#new(now, arrival, protocol, sourceEnd(bytes, innerPort), remote, outsidePort, flags)
    if (mapping === undefined) return undefined
    mapping.insidePort = arrival.port
    table.outbound(now, mapping, remote, flags)
    return mapping
  }

  /** Something came from outside for an outer end that does not want it. */
  unsolicited(now: Instant, protocol: FlowProtocol, outer: End, remote: End): void {
    const { parameters } = this.#state
    if (parameters.unsolicited === 'ignored' || protocol !== 'udp') return
    const remoteKey = partOf(remote, parameters.mapping)
    const until = later(now, this.#occupiedFor)
    this.#pools.occupy(now, { protocol, address: outer.address, remoteKey }, outer.port, until)
  }

  /** The mapping is over: its port is free. */
  released(now: Instant, mapping: Mapping): void {
    this.#release(now, mapping)
  }

  /** Forgets the mappings of `host`, or all and everything. `ports`: whether the same outer ends come back, or others. */
  flush(now: Instant, ports: 'same' | 'other' | undefined, host: Uint8Array | undefined): void {
    const { table } = this.#state
    const hit = (mapping: Mapping): boolean => host === undefined || sameAddress(mapping.inside.address, host)
    const mappings = table.all().filter(mapping => mapping.inside !== mapping.outside && hit(mapping))
    if (ports === 'same') for (const mapping of mappings) this.#remembered.set(memoryKey(mapping), mapping.outside)
    if (ports === 'other') for (const mapping of mappings) this.#pools.avoid(wishOf(mapping), mapping.outside.port)
    table.drop(now, 'flushed', hit)
    if (host !== undefined) return
    this.#pools.clear()
    this.#blocks?.clear()
    if (ports !== 'same') this.#pooling.clear()
  }

  /** The mappings of `host`, or all, go on with another outer end. Who may answer stays as it was. */
  rebind(now: Instant, what: Rebinding, host: Uint8Array | undefined): void {
    const { out, table } = this.#state
    for (const mapping of table.all()) {
      if (mapping.inside === mapping.outside) continue
      if (host !== undefined && !sameAddress(mapping.inside.address, host)) continue
      const before = mapping.outside
      const outside = this.#another(now, mapping, what)
      const what2 = `${mapping.protocol} ${endText(mapping.inside)}`
      if (outside === undefined) {
        out.note(now, `${what2} stays ${endText(before)} outside: there is no other end for it`)
        continue
      }
      this.#release(now, mapping)
      table.move(mapping, outside)
      out.note(now, `${what2} is ${endText(outside)} outside from now on, and no longer ${endText(before)}`)
    }
  }

  #another(now: Instant, mapping: Mapping, what: Rebinding): End | undefined {
    const { inside, outside } = mapping
    const name = this.#portOf(mapping)
    const addresses = this.#addresses(name, outside.address.length)
    const here = addresses.findIndex(address => sameAddress(address, outside.address))
    const moves = what !== 'port' || here < 0
    const address = moves ? addresses[(here + 1) % addresses.length] : addresses[here]
    if (address === undefined || (what === 'address' && sameAddress(address, outside.address))) return undefined
    if (moves) this.#pooling.set(inside.address, name, address)
    const wish = { ...wishOf(mapping), address }
    if (what === 'address' && this.#blocks === undefined && this.#pools.takeThis(now, wish, outside.port))
      return { address, port: outside.port }
    const port = this.#take(now, wish, what === 'address' ? undefined : outside.port)
    return port === undefined ? undefined : { address, port }
  }

  #new(
    now: Instant,
    arrival: Arrival,
    protocol: FlowProtocol,
    inside: End,
    remote: End,
    outsidePort: string,
    flags: number | undefined,
  ): Mapping | undefined {
    const { out, parameters, table } = this.#state
    const what = `for ${protocol} ${endText(inside)}`
    if (protocol === 'tcp' && !parameters.tcp.pick_up && ((flags ?? 0) & (SYN | ACK | RST)) !== SYN) {
      out.drop(now, arrival.packet, 'nat-tcp-no-connection', what)
      return undefined
    }
    const room = table.room.ask(inside.address)
    if ('refused' in room) {
      this.#refuse(now, arrival, room.refused === 'host' ? 'nat-host-limit' : 'nat-table-full', what)
      return undefined
    }
    if (room.victim !== undefined) table.end(now, room.victim, 'evicted')
    const outside = this.#place(now, protocol, inside, remote, outsidePort)
    if (outside === undefined) {
      this.#refuse(now, arrival, 'nat-exhausted', what)
      return undefined
    }
    const to = remote.port === 0 ? '' : ` (first to ${endText(remote)})`
    out.note(now, `new mapping: ${protocol} ${endText(inside)} is ${endText(outside)} outside${to}`)
    return table.add(now, protocol, inside, outside, arrival.port, remote)
  }

  #refuse(now: Instant, arrival: Arrival, reason: NetDrop, detail: string): void {
    const { parameters, transit } = this.#state
    transit.refuse(now, arrival, reason, parameters.refusal === 'icmp' ? { kind: 'prohibited' } : undefined, detail)
  }

  /** The outer end of a new mapping. Undefined: there is none. */
  #place(now: Instant, protocol: FlowProtocol, inside: End, remote: End, outsidePort: string): End | undefined {
    const { parameters, table } = this.#state
    const addresses = this.#addresses(outsidePort, remote.address.length)
    const { blocks } = parameters
    const address =
      blocks !== 'none' && blocks.order === 'deterministic'
        ? addresses[Math.floor(this.#indexOf(inside.address) / (this.#blocks?.count ?? 1))]
        : this.#pooling.pick(inside.address, outsidePort, addresses)
    if (address === undefined) return undefined
    if (parameters.sharing === 'always') return { address, port: inside.port }
    const remoteKey = table.remoteKey(protocol, inside, remote)
    const wish = { protocol, address, inside, remoteKey }
    const again = this.#again(now, wish, addresses) ?? this.#reused(now, wish)
    if (again !== undefined) return again
    if (!this.#changesClass(now, wish)) {
      const port = this.#takeUnforwarded(now, wish)
      return port === undefined ? undefined : { address, port }
    }
    const port = this.#takeUnforwarded(now, { ...wish, remoteKey: partOf(remote, 'address-and-port-dependent') })
    if (port === undefined) return undefined
    table.makeDependent(protocol, inside)
    return { address, port }
  }

  /** A port that is forwarded to an inner host is that host's, whoever asks first. */
  #takeUnforwarded(now: Instant, wish: PortWish): number | undefined {
    const { forwards } = this.#state.edge
    const passed: number[] = []
    let port = this.#take(now, wish)
    while (port !== undefined && forwards.inbound(now, wish.protocol, port) !== undefined) {
      passed.push(port)
      port = this.#take(now, wish)
    }
    for (const each of passed) this.#pools.release(now, wish, each)
    return port
  }

  /** The outer end it had before a flush, where that is to come back. */
  #again(now: Instant, wish: PortWish, addresses: readonly Uint8Array[]): End | undefined {
    if (this.#remembered.size === 0) return undefined
    const key = memoryKey(wish)
    const before = this.#remembered.get(key)
    if (before === undefined) return undefined
    this.#remembered.delete(key)
    if (!addresses.some(address => sameAddress(address, before.address))) return undefined
    if (!this.#pools.takeThis(now, { ...wish, address: before.address }, before.port)) return undefined
    this.#blocks?.taken(before.address, wish.inside.address, before.port)
    return before
  }

  /** The outer end that the inner end got last, if it can have it towards this remote end too. */
  #reused(now: Instant, wish: PortWish): End | undefined {
    if (!this.#state.parameters.ports_reuse) return undefined
    const last = this.#state.table.newestOf(now, wish.protocol, wish.inside)?.outside
    if (last === undefined || !this.#pools.takeThis(now, { ...wish, address: last.address }, last.port))
      return undefined
    this.#blocks?.taken(last.address, wish.inside.address, last.port)
    return last
  }

  #changesClass(now: Instant, wish: PortWish): boolean {
    const { parameters, table } = this.#state
    if (parameters.on_conflict !== 'other-class' || parameters.ports !== 'preserving') return false
    return table.isNew(wish.protocol, wish.inside) && !this.#pools.isFree(now, wish)
  }

  #take(now: Instant, wish: PortWish, not?: number): number | undefined {
    if (this.#blocks === undefined) return this.#pools.take(now, wish, undefined, not)
    const { address, inside } = wish
    const index = this.#indexOf(inside.address) % Math.max(1, this.#blocks.count)
    for (const range of this.#blocks.ranges(now, address, inside.address, index)) {
      const port = this.#pools.take(now, wish, range, not)
      if (port === undefined) continue
      this.#blocks.taken(address, inside.address, port)
      return port
    }
    return undefined
  }

  #release(now: Instant, mapping: Mapping): void {
    this.#pools.release(now, wishOf(mapping), mapping.outside.port)
    this.#blocks?.released(now, mapping.outside.address, mapping.outside.port)
  }

  /** `length`: 4 or 16, of the family that is spoken outside. */
  #addresses(port: string, length: number): Uint8Array[] {
    const all = this.#state.ports.port(port)?.addresses ?? []
    return all.flatMap(({ address }) => (address.length === length ? [address] : []))
  }

  /** The outside port that the mapping's address is on, or would be. */
  #portOf(mapping: Mapping): string {
    const { ports, spec } = this.#state
    return ports.owner(mapping.outside.address) ?? Object.keys(spec.outside)[0] ?? ''
  }

  /** RFC 7422: which one of all inner addresses this is, the prefixes of the inside taken in their order. */
  #indexOf(inside: Uint8Array): number {
    const { ports, spec } = this.#state
    let before = 0
    for (const name of Object.keys(spec.inside)) {
      for (const prefix of ports.port(name)?.addresses ?? []) {
        if (prefix.address.length !== 4) continue
        const size = 2 ** (32 - prefix.length)
        if (addressInPrefix(inside, prefix)) return before + ((get32(inside, 0) >>> 0) % size)
        before += size
      }
    }
    return before
  }
}

function wishOf({ protocol, inside, outside, remoteKey }: Mapping): PortWish {
  return { protocol, address: outside.address, inside, remoteKey }
}

function memoryKey({ protocol, inside, remoteKey }: Pick<PortWish, 'protocol' | 'inside' | 'remoteKey'>): string {
  return `${protocol} ${endKey(inside.address, inside.port)} ${remoteKey}`
}
