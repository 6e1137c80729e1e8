/** Where a packet goes from here: route, next hop, source and MTU, remembered for the destinations in use. */
import { type Address, type Instant, NEVER } from '../../impl/box.ts'
import { isBroadcast, isMulticast, isUnspecified } from '../../impl/ip/address.ts'
import { sameBytes } from '../../impl/ip/bytes.ts'
import { ipDestination, ipSource } from '../../impl/ip/packet.ts'
import { goesTo } from '../net/addresses.ts'
import type { Interface, Interfaces } from './interfaces.ts'
import type { PathMtus } from './pathmtu.ts'
import type { Routes } from './routes.ts'

export interface Flow {
  readonly destination: Address
  readonly mark: number
  readonly iface: Interface
  /** To this machine itself. */
  readonly local: boolean
  /** The gateway; undefined: the destination is the next hop. */
  readonly via: Address | undefined
  /** What a packet that is born here gets as its source; undefined: there is none. */
  readonly source: Address | undefined
  /** For packets that are born here: what ICMP told counts. */
  readonly mtu: number
  /** For packets that pass: the route's or the interface's. */
  readonly passMtu: number
  /** Forget it then. */
  readonly until: Instant
}

/** So many destinations are remembered at most; a machine that speaks with few has room for few. */
const MOST_SLOTS = 256

export class Flows {
  readonly #routes: Routes
  readonly #interfaces: Interfaces
  readonly #paths: PathMtus
  /** By a hash of the destination and the mark; a power of two. */
  #memo: (Flow | undefined)[] = [undefined]
  #usesSource = false

  constructor(routes: Routes, interfaces: Interfaces, paths: PathMtus) {
    this.#routes = routes
    this.#interfaces = interfaces
    this.#paths = paths
  }

  /** A route, a rule, an address, an interface or a path has changed. */
  forget(): void {
    this.#memo = [undefined]
    this.#usesSource = this.#routes.usesSource
  }

  /** Undefined without a route, and to addresses that are nobody's: multicast, broadcast, unspecified. `source` counts for rules alone. */
  find(now: Instant, destination: Address, mark: number, source?: Address): Flow | undefined {
    const memo = this.#memo[this.#slot(destination, destination.length, mark)]
    if (memo !== undefined && memo.mark === mark && memo.until > now && sameBytes(memo.destination, destination)) {
      return memo
    }
    const flow = this.#make(now, destination, mark, source)
    if (!this.#usesSource) this.#remember(flow)
    return flow
  }

  /** As `find`, for a sound packet, whose addresses are read where they stand. */
  findFor(now: Instant, packet: Uint8Array, mark: number): Flow | undefined {
    const memo = this.#memo[this.#slot(packet, packet[0]! >>> 4 === 4 ? 20 : 40, mark)]
    if (memo !== undefined && memo.mark === mark && memo.until > now && goesTo(packet, memo.destination)) return memo
    return this.find(now, ipDestination(packet), mark, ipSource(packet))
  }

  /** `end`: where the address ends. */
  #slot(bytes: Uint8Array, end: number, mark: number): number {
    return (bytes[end - 1]! + bytes[end - 2]! * 31 + mark) & (this.#memo.length - 1)
  }

  #remember(flow: Flow | undefined): void {
    if (flow === undefined) return
    const { destination, mark } = flow
    let slot = this.#slot(destination, destination.length, mark)
    let other = this.#memo[slot]
    // Another one in the way may be in use too: with more room both have a place.
    while (other !== undefined && !sameBytes(other.destination, destination) && this.#memo.length < MOST_SLOTS) {
      this.#widen()
      slot = this.#slot(destination, destination.length, mark)
      other = this.#memo[slot]
    }
    this.#memo[slot] = flow
  }

  #widen(): void {
    const known = this.#memo
    this.#memo = new Array<Flow | undefined>(known.length * 4).fill(undefined)
    for (const flow of known) {
      if (flow !== undefined) this.#memo[this.#slot(flow.destination, flow.destination.length, flow.mark)] = flow
    }
  }

  #make(now: Instant, to: Address, mark: number, source: Address | undefined): Flow | undefined {
    const destination = to.slice()
    const lo = this.#interfaces.get('lo')
    if (this.#interfaces.isLocal(to) && lo !== undefined) {
      const { mtu } = lo
      const here = { local: true, via: undefined, source: destination, mtu, passMtu: mtu, until: NEVER }
      return { destination, mark, iface: lo, ...here }
    }
    if (isMulticast(to) || isBroadcast(to) || isUnspecified(to)) return undefined
    const route = this.#routes.lookup(to, mark, source)
    if (route?.kind !== undefined) return undefined
    const iface = route === undefined ? undefined : this.#interfaces.get(route.dev)
    if (route === undefined || iface === undefined) return undefined
    const { via } = route
    const passMtu = Math.min(route.mtu ?? iface.mtu, iface.mtu)
    const path = this.#paths.lookup(now, to)
    return {
      destination,
      mark,
      iface,
      local: false,
      via,
      source: route.source ?? this.#interfaces.sourceFor(iface.name, destination, via ?? destination),
      mtu: path === undefined ? passMtu : Math.min(passMtu, path.mtu),
      passMtu,
      until: path === undefined ? NEVER : path.until,
    }
  }
}
