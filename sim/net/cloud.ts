/**
 * A network of kind internet: one router whose ports are the machines on it, and which knows where each address is.
 * A prefix shorter than the whole address is routed to the machine that has it (a delegated prefix); a prefix that two
 * machines write is but their common notation, and is routed to neither. Of two machines with one address the later wins.
 */
import { type Instant, NEVER } from '../../impl/box.ts'
import { formatPrefix, maskPrefix } from '../../impl/ip/address.ts'
import { checkIp, ipLength, ipVersion, isFragment } from '../../impl/ip/packet.ts'
import type { PathPolicy } from '../../scenarios/language/path-policy.ts'
import type { Network } from '../../scenarios/language/topology.ts'
import type { InterfaceAddress, Node, NodeInput, NodeOutput, Packet } from '../node.ts'
import { AddressMap, destinationIn, goesToMany } from './addresses.ts'
import { Outbox } from './outbox.ts'
import { lookup, lookupFor, type Route, type RouterPort } from './routes.ts'
import { type Egress, type Self, Transit } from './transit.ts'
import type { TreatmentOptions } from './treatment.ts'

/**
 * The source of a cloud's ICMP errors: the IPv4 dummy address (RFC 7600), which routers without an address use, and one
 * out of the discard-only prefix 100::/64 (RFC 6666). No machine of a scenario has them, and they are not routed.
 */
export const CLOUD_ADDRESSES: readonly Uint8Array[] = [
  Uint8Array.of(192, 0, 0, 8),
  Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 8),
]

export interface CloudOptions {
  readonly name: string
  readonly spec: Pick<Network, 'fragments' | keyof PathPolicy | keyof TreatmentOptions>
  /** One for each family. Default: CLOUD_ADDRESSES. */
  readonly addresses?: readonly Uint8Array[]
}

interface CloudPort extends Egress {
  mtu: number
  addresses: readonly InterfaceAddress[]
}

export class Cloud implements Node, Self {
  readonly #out: Outbox
  readonly #transit: Transit
  readonly #own: readonly Uint8Array[]
  readonly #dropFragments: boolean
  readonly #ports = new Map<string, CloudPort>()
  readonly #hosts = new AddressMap<CloudPort>()
  #prefixes: readonly Route[] = []
  /** Ports have changed since the last packet: ten thousand machines attach one by one, and are sorted out once. */
  #stale = false

  constructor(options: CloudOptions) {
    const { name, spec, addresses = CLOUD_ADDRESSES } = options
    this.#out = new Outbox(name)
    this.#own = addresses
    this.#transit = new Transit(this.#out, this, spec)
    this.#dropFragments = spec.fragments === 'drop'
  }

  handleInput(now: Instant, input: NodeInput): void {
    switch (input.kind) {
      case 'packet':
        this.#packet(now, input.port, input.packet)
        return
      case 'attach':
        this.#port(input.port).addresses = input.addresses
        // Last in the order of the map: the later one wins.
        this.#moveToEnd(input.port)
        this.#stale = true
        return
      case 'detach':
        this.#ports.delete(input.port)
        this.#stale = true
        return
      case 'mtu':
        this.#port(input.port).mtu = input.mtu
        return
      case 'step':
        return
    }
  }

  handleTimeout(): void {}

  pollOutput(): NodeOutput | undefined {
    return this.#out.poll()
  }

  pollTimeout(): Instant {
    return NEVER
  }

  timeoutReason(): string {
    return 'a cloud waits for nothing'
  }

  ownAddress(_port: string, length: number): Uint8Array | undefined {
    return this.#own.find(address => address.length === length)
  }

  wayBack(_port: string, address: Uint8Array): Egress | undefined {
    if (this.#stale) this.#learn()
    return this.#hosts.get(address) ?? this.#portOf(lookup(this.#prefixes, address))
  }

  #packet(now: Instant, port: string, packet: Packet): void {
    const { bytes } = packet
    const broken = checkIp(bytes)
    if (broken !== undefined) {
      this.#out.drop(now, packet, 'bad-packet', broken)
      return
    }
    if (this.#dropFragments && isFragment(bytes)) {
      this.#out.drop(now, packet, 'fragment-dropped')
      return
    }
    if (this.#stale) this.#learn()
    const egress = destinationIn(this.#hosts, bytes) ?? this.#portOf(lookupFor(this.#prefixes, bytes))
    if (egress !== undefined) {
      if (!this.#dropFragments || !mustBeCut(bytes, egress)) this.#transit.forward(now, { port, packet }, egress)
      else if (this.#transit.admit(now, { port, packet }, egress)) {
        this.#out.drop(now, packet, 'fragment-dropped', `cut for the MTU to ${egress.port}, ${egress.mtu}`)
      }
      return
    }
    if (goesToMany(bytes)) {
      this.#out.drop(now, packet, 'multicast')
      return
    }
    this.#transit.refuse(now, { port, packet }, 'no-route', { kind: 'no-route' })
  }

  #portOf(route: Route | undefined): Egress | undefined {
    return route === undefined ? undefined : this.#ports.get(route.port.name)
  }

  #port(name: string): CloudPort {
    const known = this.#ports.get(name)
    if (known !== undefined) return known
    const port: CloudPort = { port: name, mtu: 1500, via: undefined, addresses: [] }
    this.#ports.set(name, port)
    return port
  }

  #moveToEnd(name: string): void {
    const port = this.#port(name)
    this.#ports.delete(name)
    this.#ports.set(name, port)
  }

  #learn(): void {
    this.#stale = false
    this.#hosts.clear()
    /** By the prefix as text: undefined where two ports have it. */
    const prefixes = new Map<string, Route | undefined>()
    for (const port of this.#ports.values()) {
      const place: RouterPort = { name: port.port, addresses: [], gateways: [], mtu: port.mtu }
      for (const address of port.addresses) {
        this.#hosts.set(address.address, port)
        if (address.length === address.address.length * 8) continue
        const prefix = maskPrefix(address)
        const key = formatPrefix(prefix)
        const other = prefixes.get(key)
        const shared = prefixes.has(key) && other?.port.name !== port.port
        prefixes.set(key, shared ? undefined : { prefix, port: place, via: undefined })
      }
    }
    const routes = [...prefixes.values()].filter(route => route !== undefined)
    this.#prefixes = routes.sort((a, b) => b.prefix.length - a.prefix.length)
  }
}

/** A cloud stands for many routers: what one of them cuts, another one drops. */
function mustBeCut(bytes: Uint8Array, egress: Egress): boolean {
  return ipVersion(bytes) === 4 && ipLength(bytes) > egress.mtu
}
