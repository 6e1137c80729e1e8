/** What the parts of a NAT share. */
import type { Instant } from '../../impl/box.ts'
import { addressInPrefix, formatEndpoint } from '../../impl/ip/address.ts'
import { ipSource } from '../../impl/ip/packet.ts'
import type { NatParameters } from '../../scenarios/language/nat-parameters.ts'
import type { Nat as NatSpec } from '../../scenarios/language/topology.ts'
import type { NetDrop } from './drops.ts'
import type { End, FlowProtocol } from './flow.ts'
import type { NatEdge } from './nat-edge.ts'
import type { Mapping, NatTable } from './nat-table.ts'
import type { Outbox } from './outbox.ts'
import type { Ports } from './router.ts'
import type { Arrival, Egress, Self, Transit } from './transit.ts'

export interface NatState {
  readonly spec: NatSpec
  /** What the spec comes to: every key is there. */
  readonly parameters: NatParameters
  readonly out: Outbox
  readonly transit: Transit
  readonly ports: Ports
  readonly sides: Sides
  readonly table: NatTable
  readonly edge: NatEdge
}

/** Which port lies where, and the ways through them. */
export class Sides implements Self {
  readonly #ports: Ports
  readonly #inside: ReadonlySet<string>
  readonly #outside: ReadonlySet<string>

  constructor(ports: Ports, spec: Pick<NatSpec, 'inside' | 'outside'>) {
    this.#ports = ports
    this.#inside = new Set(Object.keys(spec.inside))
    this.#outside = new Set(Object.keys(spec.outside))
  }

  /** The first of the ports on each side, '' where there is none. */
  get firstInside(): string {
    return [...this.#inside][0] ?? ''
  }

  get firstOutside(): string {
    return [...this.#outside][0] ?? ''
  }

  isInside(port: string): boolean {
    return this.#inside.has(port)
  }

  isOutside(port: string): boolean {
    return this.#outside.has(port)
  }

  /** The way to an inner host that was seen on `port`: where its prefix is connected, else back through that port. */
  inwards(port: string, address: Uint8Array): Egress | undefined {
    const route = this.#ports.egress(address)
    return route !== undefined && this.#inside.has(route.port) ? route : this.#through(port, address)
  }

  /** Packets that go out get another source. */
  translates(from: string, to: string): boolean {
    return this.#inside.has(from) && this.#outside.has(to)
  }

  ownAddress(port: string, length: number): Uint8Array | undefined {
    return this.#ports.ownAddress(port, length)
  }

  wayBack(port: string, address: Uint8Array): Egress | undefined {
    return this.#inside.has(port) ? this.inwards(port, address) : this.#through(port, address)
  }

  #through(name: string, address: Uint8Array): Egress | undefined {
    const port = this.#ports.port(name)
    if (port === undefined) return undefined
    const connected = port.addresses.some(prefix => addressInPrefix(address, prefix))
    const gateway = port.gateways.find(candidate => candidate.length === address.length)
    return { port: name, mtu: port.mtu, via: connected ? undefined : gateway }
  }
}

/** Drops what has no mapping, with what is known of the one it may have had. `never`: the reason where there was none. */
export function dropUnmapped(
  state: NatState,
  now: Instant,
  arrival: Arrival,
  protocol: FlowProtocol,
  end: End,
  never: NetDrop = 'nat-no-mapping',
): void {
  const gone = state.table.gone(protocol, end.address, end.port)
  const what = `${protocol} ${endText(end)}`
  switch (gone) {
    case undefined:
      state.out.drop(now, arrival.packet, never, what)
      return
    case 'expired':
      state.out.drop(now, arrival.packet, 'nat-mapping-expired', what)
      return
    case 'lifetime over':
      state.out.drop(now, arrival.packet, 'nat-mapping-expired', `${what}: its lifetime was over, idle or not`)
      return
    case 'closed':
      state.out.drop(now, arrival.packet, never, `${what}: its connection was reset`)
      return
    case 'evicted':
      state.out.drop(now, arrival.packet, never, `${what}: it had to make room for another`)
      return
    case 'rebound':
      state.out.drop(now, arrival.packet, never, `${what}: the mapping has another outer end now`)
      return
    case 'ended by an ICMP error':
    case 'answered':
      state.out.drop(now, arrival.packet, never, `${what}: ${gone}`)
      return
    case 'flushed':
      state.out.drop(now, arrival.packet, never, `${what}: forgotten by a flush`)
      return
    case 'withdrawn':
      state.out.drop(now, arrival.packet, never, `${what}: the NAT has lost this address`)
      return
  }
}

/** Drops what the filter refuses. */
export function dropFiltered(state: NatState, now: Instant, arrival: Arrival, mapping: Mapping, remote: End): void {
  const detail = `${mapping.protocol} ${endText(mapping.outside)} has not sent to ${endText(remote)}`
  state.out.drop(now, arrival.packet, 'nat-filtered', detail)
}

export function endText(end: End): string {
  return formatEndpoint(end)
}

/** The sender of a packet; a copy that may be kept. */
export function sourceEnd(packet: Uint8Array, port: number): End {
  return { address: Uint8Array.from(ipSource(packet)), port }
}
