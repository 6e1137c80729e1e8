/** A router: longest prefix, TTL, MTU, fragments, ICMP errors (RFC 1812, RFC 8200). It answers ping to its own addresses. */
import { type Instant, NEVER } from '../../impl/box.ts'
import { parseAddress, parsePrefix } from '../../impl/ip/address.ts'
import { checkIp, isFragment } from '../../impl/ip/packet.ts'
import type { GateSpec } from '../../scenarios/language/gate.ts'
import type { PathPolicy } from '../../scenarios/language/path-policy.ts'
import type { Router as RouterSpec } from '../../scenarios/language/topology.ts'
import type { Node, NodeInput, NodeOutput, Packet } from '../node.ts'
import { AddressMap, destinationIn, goesToMany } from './addresses.ts'
import { Balancer } from './balancer.ts'
import { Gate } from './gate.ts'
import { Outbox } from './outbox.ts'
import { hasFamily, lookup, lookupFor, type Route, type RouterPort, routesOf, type StaticRoute } from './routes.ts'
import { type SpreadBy, spreadHash } from './spread.ts'
import { type Egress, type Self, Transit } from './transit.ts'
import type { TreatmentOptions } from './treatment.ts'

export interface RouterOptions {
  readonly name: string
  readonly spec: Pick<
    RouterSpec,
    'routes' | 'fragments' | 'spread' | 'balance' | keyof GateSpec | keyof PathPolicy | keyof TreatmentOptions
  >
  /** The ports on networks of kind internet: they know the way without a gateway. */
  readonly internet?: readonly string[]
}

export class Router implements Node {
  readonly #out: Outbox
  readonly #transit: Transit
  readonly #ports: Ports
  readonly #dropFragments: boolean
  /** The routes once for each of the equal next hops; the first is #ports. */
  readonly #lanes: readonly Ports[]
  readonly #spread: SpreadBy
  readonly #gate: Gate | undefined
  readonly #balancer: Balancer | undefined
  #turn = 0

  constructor(options: RouterOptions) {
    const { name, spec, internet = [] } = options
    this.#out = new Outbox(name)
    const lanes = lanesOf(spec.routes ?? []).map(routes => new Ports(staticRoutes(name, routes), new Set(internet)))
    this.#lanes = lanes
    this.#ports = lanes[0]!
    this.#transit = new Transit(this.#out, this.#ports, spec)
    this.#spread = spec.spread ?? 'flow'
    this.#gate = spec.block === undefined && spec.police === undefined ? undefined : new Gate(spec)
    this.#balancer = spec.balance === undefined ? undefined : new Balancer(spec.balance)
    this.#dropFragments = spec.fragments === 'drop'
  }

  handleInput(now: Instant, input: NodeInput): void {
    if (input.kind === 'packet') this.#packet(now, input.port, input.packet)
    else for (const lane of this.#lanes) lane.handle(input)
  }

  handleTimeout(): void {}

  pollOutput(): NodeOutput | undefined {
    return this.#out.poll()
  }

  pollTimeout(): Instant {
    return NEVER
  }

  timeoutReason(): string {
    return 'a router waits for nothing'
  }

  #packet(now: Instant, port: string, came: Packet): void {
    const broken = checkIp(came.bytes)
    if (broken !== undefined) {
      this.#out.drop(now, came, 'bad-packet', broken)
      return
    }
    const refused = this.#gate?.refuses(now, came.bytes)
    if (refused !== undefined) {
      const error = refused.reject ? ({ kind: 'prohibited' } as const) : undefined
      this.#transit.refuse(now, { port, packet: came }, refused.reason, error, refused.detail)
      return
    }
    const packet = this.#balancer === undefined ? came : this.#balancer.handle(came)
    const { bytes } = packet
    const arrival = { port, packet }
    if (this.#ports.ownerOf(bytes) !== undefined) {
      this.#transit.answer(now, arrival)
      return
    }
    if (goesToMany(bytes)) {
      this.#out.drop(now, packet, 'multicast')
      return
    }
    if (this.#dropFragments && isFragment(bytes)) {
      this.#out.drop(now, packet, 'fragment-dropped')
      return
    }
    const egress = this.#lane(bytes).egressFor(bytes)
    if (egress === undefined) {
      this.#transit.refuse(now, arrival, 'no-route', { kind: 'no-route' })
      return
    }
    this.#transit.forward(now, arrival, egress)
  }

  /** The routes that this packet takes. */
  #lane(bytes: Uint8Array): Ports {
    const lanes = this.#lanes
    if (lanes.length === 1) return this.#ports
    const turn = this.#spread === 'packet' ? this.#turn++ : spreadHash(bytes, this.#spread)
    return lanes[turn % lanes.length]!
  }
}

type RouteSpec = NonNullable<RouterSpec['routes']>[number]

/** One list of routes for each of the equal next hops; a route with fewer of them begins again. */
function lanesOf(routes: readonly RouteSpec[]): RouteSpec[][] {
  const most = routes.reduce((count, { equal = [] }) => Math.max(count, equal.length + 1), 1)
  return Array.from({ length: most }, (_, lane) =>
    routes.map(route => {
      const hops = [route.via, ...(route.equal ?? [])]
      return { ...route, via: hops[lane % hops.length]! }
    }),
  )
}

/** A route, and what comes of it. */
interface Way extends Pick<Route, 'prefix' | 'from'> {
  readonly egress: Egress
}

/** What a router knows of its ports, kept up to date. */
export class Ports implements Self {
  readonly #statics: readonly StaticRoute[]
  readonly #internet: ReadonlySet<string>
  readonly #ports = new Map<string, RouterPort>()
  readonly #own = new AddressMap<string>()
  #known: readonly Way[] = []
  /** Ports have changed since the routes were made. */
  #stale = false

  constructor(statics: readonly StaticRoute[], internet: ReadonlySet<string>) {
    this.#statics = statics
    this.#internet = internet
  }

  handle(input: Exclude<NodeInput, { kind: 'packet' }>): void {
    switch (input.kind) {
      case 'attach': {
        const { port: name, addresses, gateways } = input
        this.#ports.set(name, { name, addresses, gateways, mtu: this.#ports.get(name)?.mtu ?? 1500 })
        break
      }
      case 'detach':
        this.#ports.delete(input.port)
        break
      case 'mtu': {
        const none = { name: input.port, addresses: [], gateways: [] }
        this.#ports.set(input.port, { ...none, ...this.#ports.get(input.port), mtu: input.mtu })
        break
      }
      case 'step':
        return
    }
    this.#stale = true
  }

  port(name: string): RouterPort | undefined {
    return this.#ports.get(name)
  }

  /** The port that has the packet's destination as its own address. */
  ownerOf(packet: Uint8Array): string | undefined {
    if (this.#stale) this.#learn()
    return destinationIn(this.#own, packet)
  }

  /** The port that has this address as its own. */
  owner(address: Uint8Array): string | undefined {
    if (this.#stale) this.#learn()
    return this.#own.get(address)
  }

  egress(destination: Uint8Array): Egress | undefined {
    if (this.#stale) this.#learn()
    return lookup(this.#known, destination)?.egress
  }

  /** The way of a sound packet. */
  egressFor(packet: Uint8Array): Egress | undefined {
    if (this.#stale) this.#learn()
    return lookupFor(this.#known, packet)?.egress
  }

  ownAddress(port: string, length: number): Uint8Array | undefined {
    const here = this.#ports.get(port)
    const ports = here === undefined || !hasFamily(here, length) ? [...this.#ports.values()] : [here]
    for (const { addresses } of ports) {
      const found = addresses.find(({ address }) => address.length === length)
      if (found !== undefined) return found.address
    }
    return undefined
  }

  wayBack(_port: string, address: Uint8Array): Egress | undefined {
    return this.egress(address)
  }

  #learn(): void {
    this.#stale = false
    const routes = routesOf([...this.#ports.values()], this.#statics, this.#internet)
    this.#known = routes.map(({ prefix, port, via, from }) => ({
      prefix,
      from,
      egress: { port: port.name, mtu: port.mtu, via },
    }))
    this.#own.clear()
    for (const { name, addresses } of this.#ports.values()) {
      for (const { address } of addresses) this.#own.set(address, name)
    }
  }
}

function staticRoutes(name: string, routes: readonly Pick<RouteSpec, 'to' | 'via' | 'from'>[]): StaticRoute[] {
  return routes.map(({ to, via, from }) => {
    const prefix = parsePrefix(to)
    const hop = parseAddress(via)
    if (prefix === undefined) throw new RangeError(`${name}: not a destination: "${to}" (write 10.0.0.0/8)`)
    if (hop === undefined) throw new RangeError(`${name}: not a next hop: "${via}" (write an address without a length)`)
    const source = from === undefined ? undefined : parsePrefix(from)
    return { to: prefix, via: hop, ...(source === undefined ? {} : { from: source }) }
  })
}
