/** The ports of a router and where its packets go: longest prefix first. */
import type { Prefix } from '../../impl/api.ts'
import { addressInPrefix, maskPrefix, sameAddress } from '../../impl/ip/address.ts'
import { ipSource } from '../../impl/ip/packet.ts'
import type { InterfaceAddress } from '../node.ts'
import { goesInto } from './addresses.ts'

/** A network at one end of a router. */
export interface RouterPort {
  readonly name: string
  readonly addresses: readonly InterfaceAddress[]
  readonly gateways: readonly Uint8Array[]
  /** The largest packet that goes out here, in bytes. */
  readonly mtu: number
}

export interface Route {
  readonly prefix: Prefix
  readonly port: RouterPort
  /** The next hop; undefined: the destination itself, or a network that knows the way. */
  readonly via: Uint8Array | undefined
  /** For packets from here alone. */
  readonly from?: Prefix | undefined
}

/** A route as people write it: the port is where the next hop is. */
export interface StaticRoute {
  readonly to: Prefix
  readonly via: Uint8Array
  readonly from?: Prefix | undefined
}

/** The first route that fits is the right one: the longest prefix, and of equal ones the first given. */
export function lookup<R extends Pick<Route, 'prefix' | 'from'>>(
  routes: readonly R[],
  destination: Uint8Array,
): R | undefined {
  for (const route of routes) {
    if (route.from === undefined && addressInPrefix(destination, route.prefix)) return route
  }
  return undefined
}

/** As `lookup`, for a sound packet, whose addresses are read where they stand; routes for its source come first. */
export function lookupFor<R extends Pick<Route, 'prefix' | 'from'>>(
  routes: readonly R[],
  packet: Uint8Array,
): R | undefined {
  for (const route of routes) {
    if (!goesInto(packet, route.prefix)) continue
    if (route.from === undefined || addressInPrefix(ipSource(packet), route.from)) return route
  }
  return undefined
}

/**
 * Routes for one source first (policy routing), then longest prefix: connected prefixes, static routes, then default routes by the gateways of the ports. A port on an internet (`internet`)
 * has a default route without a next hop for each family it has an address of: such a network knows the way.
 */
export function routesOf(
  ports: readonly RouterPort[],
  statics: readonly StaticRoute[],
  internet: ReadonlySet<string>,
): readonly Route[] {
  const routes: Route[] = []
  for (const port of ports) {
    for (const prefix of port.addresses) routes.push({ prefix: maskPrefix(prefix), port, via: undefined })
  }
  const connected = [...routes]
  for (const { to, via, from } of statics) {
    const port = portOf(via, ports, connected, internet)
    if (port !== undefined)
      routes.push({ prefix: maskPrefix(to), port, via, ...(from === undefined ? {} : { from: maskPrefix(from) }) })
  }
  for (const port of ports) {
    for (const via of port.gateways)
      routes.push({ prefix: { address: new Uint8Array(via.length), length: 0 }, port, via })
    if (!internet.has(port.name)) continue
    for (const { address } of port.addresses) {
      if (port.gateways.some(gateway => gateway.length === address.length)) continue
      routes.push({ prefix: { address: new Uint8Array(address.length), length: 0 }, port, via: undefined })
    }
  }
  const anybody = ({ from }: Route): number => (from === undefined ? 1 : 0)
  return routes.sort((a, b) => anybody(a) - anybody(b) || b.prefix.length - a.prefix.length)
}

/** The port behind which a next hop is. */
function portOf(
  via: Uint8Array,
  ports: readonly RouterPort[],
  connected: readonly Route[],
  internet: ReadonlySet<string>,
): RouterPort | undefined {
  const direct = lookup(
    [...connected].sort((a, b) => b.prefix.length - a.prefix.length),
    via,
  )?.port
  const gateway = ports.find(port => port.gateways.some(address => sameAddress(address, via)))
  const cloud = ports.find(port => internet.has(port.name) && hasFamily(port, via.length))
  return direct ?? gateway ?? cloud
}

export function hasFamily(port: RouterPort, length: number): boolean {
  return port.addresses.some(({ address }) => address.length === length)
}
