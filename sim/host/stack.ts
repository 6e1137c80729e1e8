/** The IP layer of a machine, without a link layer: what is sent, what comes in, what passes through. */
import type { Address, Instant, PacketId, Random } from '../../impl/box.ts'
import { isBroadcast, isMulticast, isUnspecified } from '../../impl/ip/address.ts'
import { fragmentIpv4, fragmentIpv6 } from '../../impl/ip/fragment.ts'
import { buildIcmpError, type IcmpError, mayAnswerWithError } from '../../impl/ip/icmp.ts'
import { ipv4DontFragment } from '../../impl/ip/ipv4.ts'
import {
  checkIp,
  ipDestination,
  ipLength,
  ipSource,
  ipTos,
  ipVersion,
  isFragment,
  trimIp,
} from '../../impl/ip/packet.ts'
import { decrementTtl } from '../../impl/ip/rewrite.ts'
import { goesToMany } from '../net/addresses.ts'
import type { Packet } from '../node.ts'
import { copyOf } from '../slab.ts'
import type { HostDrop } from './drops.ts'
import { ErrorLimit } from './errorlimit.ts'
import { type Flow, Flows } from './flows.ts'
import { Interfaces } from './interfaces.ts'
import type { Outbox } from './outbox.ts'
import { PathMtus } from './pathmtu.ts'
import { Routes } from './routes.ts'

export type Layer = 'wire' | 'inner'

/** How a packet that was born here is to leave. */
export interface Sending {
  readonly mark: number
  /** IPv6: not to be cut into fragments. IPv4 has DF in the packet for that. */
  readonly whole: boolean
  readonly layer: Layer
}

/** Why a packet did not leave; the trace knows already. `mtu`: what would have fitted. */
export interface Refusal {
  readonly reason: HostDrop
  readonly mtu?: number
}

/** What the stack hands packets to. */
export interface Neighbours {
  /** A packet for this machine: `layer` says where it came from. */
  deliver(now: Instant, packet: Packet, layer: Layer): void
  /** A packet enters a tunnel interface. `mtu`: of the route, where it is not the interface's. */
  tunnel(now: Instant, name: string, packet: Packet, mtu: number | undefined): void
  /** Before routing, for what comes in on a port or out of a tunnel: the packet, changed or not, or undefined when it is gone. */
  preRouting(now: Instant, iface: string, packet: Packet, layer: Layer): Packet | undefined
  /** Whether a packet may pass from one interface to another. */
  forward(now: Instant, from: string, to: string, packet: Uint8Array): boolean
  /** Before it leaves: the packet, changed or not, or undefined when it is gone. */
  postRouting(now: Instant, iface: string, packet: Packet, layer: Layer): Packet | undefined
  /** The whole packet once its last fragment is in; the neighbour accounts for the rest. */
  reassemble(now: Instant, packet: Packet, layer: Layer): Packet | undefined
  /** Whether a fragment must be put together before routing: connection tracking looks at ports. */
  readonly tracks: boolean
}

const DEFAULT: Sending = { mark: 0, whole: false, layer: 'inner' }

export class Stack {
  readonly routes: Routes
  readonly interfaces: Interfaces
  readonly paths = new PathMtus()
  readonly forwarding = { 4: false, 6: false }
  readonly #flows: Flows
  readonly #outbox: Outbox
  readonly #neighbours: Neighbours
  readonly #limit = new ErrorLimit()
  #ipId: number
  #fragmentId: number

  constructor(outbox: Outbox, random: Random, neighbours: Neighbours) {
    const forget = (): void => this.#flows.forget()
    this.routes = new Routes(forget)
    this.interfaces = new Interfaces(this.routes, forget)
    this.#flows = new Flows(this.routes, this.interfaces, this.paths)
    this.#outbox = outbox
    this.#neighbours = neighbours
    this.#ipId = random.below(65536)
    this.#fragmentId = random.below(0x1_0000_0000)
  }

  /** Where a packet to this address would go; undefined: nowhere. */
  flow(now: Instant, destination: Address, mark = 0, source?: Address): Flow | undefined {
    return this.#flows.find(now, destination, mark, source)
  }

  /** The identification of the next IPv4 packet. */
  nextIpId(): number {
    this.#ipId = (this.#ipId + 1) & 0xffff
    return this.#ipId
  }

  /** Takes a packet that was born here. Undefined: it is on its way; else why not. */
  send(now: Instant, packet: Packet, sending: Sending = DEFAULT): Refusal | undefined {
    const { bytes } = packet
    const flow = this.#flows.findFor(now, bytes, sending.mark)
    if (flow === undefined) {
      const why = this.whyNowhere(ipDestination(bytes), sending.mark, ipSource(bytes))
      return this.refuse(now, packet, why, sending.layer)
    }
    if (flow.local) {
      this.#neighbours.deliver(now, packet, sending.layer)
      return undefined
    }
    const mayCut = ipVersion(bytes) === 4 ? !ipv4DontFragment(bytes) : !sending.whole
    if (bytes.length > flow.mtu && !mayCut) return this.refuse(now, packet, 'df-too-big', sending.layer, flow.mtu)
    return this.#transmit(now, flow, packet, flow.mtu, sending.layer)
  }

  /** Takes a packet that came in on a port, or out of a tunnel. */
  input(now: Instant, from: string, arrived: Packet, layer: Layer): void {
    const fault = checkIp(arrived.bytes)
    if (fault !== undefined) {
      this.#outbox.drop(now, arrived, layer, 'malformed' satisfies HostDrop, fault)
      return
    }
    const bytes = arrived.bytes.length === ipLength(arrived.bytes) ? arrived.bytes : trimIp(arrived.bytes)
    let packet: Packet | undefined = bytes === arrived.bytes ? arrived : { id: arrived.id, copy: arrived.copy, bytes }
    const joined = this.#neighbours.tracks && isFragment(bytes)
    if (joined) packet = this.#neighbours.reassemble(now, packet, layer)
    if (packet !== undefined) packet = this.#neighbours.preRouting(now, from, packet, layer)
    if (packet === undefined) return
    if (this.interfaces.isForUs(packet.bytes)) {
      if (isFragment(packet.bytes)) packet = this.#neighbours.reassemble(now, packet, layer)
      if (packet !== undefined) this.#neighbours.deliver(now, packet, layer)
      return
    }
    this.#forward(now, from, packet, layer, joined)
  }

  /** Tells the sender of a packet what is wrong with it, where that is allowed. */
  tell(now: Instant, about: Packet, error: IcmpError): void {
    if (!mayAnswerWithError(about.bytes, error)) return
    const to = ipSource(about.bytes)
    const flow = this.#flows.find(now, to, 0)
    const was = ipDestination(about.bytes)
    const source = this.interfaces.isLocal(was) ? was.slice() : flow?.source
    if (flow === undefined || source === undefined) return
    if (error.kind !== 'too-big' && !flow.local && !this.#limit.allow(now, to)) return
    const v4 = to.length === 4
    const tos = v4 ? (ipTos(about.bytes) & 0x1e) | 0xc0 : 0
    const bytes = buildIcmpError({ source, error, original: about.bytes, tos, id: v4 ? this.nextIpId() : 0 })
    this.sendBorn(now, bytes, about.id)
  }

  /** Sends a packet that this machine makes because of another, or for itself. */
  sendBorn(now: Instant, bytes: Uint8Array, cause?: PacketId, sending = DEFAULT): Refusal | undefined {
    const packet = { id: this.#outbox.nextId(), copy: 0, bytes }
    this.#outbox.born(now, packet, cause)
    return this.send(now, packet, sending)
  }

  /** A router said that packets to this address must be smaller. */
  learnPathMtu(now: Instant, destination: Address, mtu: number): void {
    const flow = this.#flows.find(now, destination, 0)
    this.paths.learn(now, destination, mtu, flow?.mtu ?? 65535)
    this.#flows.forget()
  }

  /** The drop in the trace, and the answer for who wanted to send. */
  refuse(now: Instant, packet: Packet, reason: HostDrop, layer: Layer, mtu?: number): Refusal {
    this.#outbox.drop(now, packet, layer, reason, mtu === undefined ? undefined : `${packet.bytes.length} > ${mtu}`)
    return mtu === undefined ? { reason } : { reason, mtu }
  }

  /** Why there is no flow to an address. */
  whyNowhere(destination: Address, mark = 0, source?: Address): HostDrop {
    const nobody = isMulticast(destination) || isBroadcast(destination) || isUnspecified(destination)
    if (nobody) return 'wrong-destination'
    return this.routes.lookup(destination, mark, source)?.kind === undefined ? 'no-route' : 'route-refuses'
  }

  #forward(now: Instant, from: string, packet: Packet, layer: Layer, joined: boolean): void {
    const { bytes } = packet
    const v4 = ipVersion(bytes) === 4
    const nobody = goesToMany(bytes) || isUnspecified(ipDestination(bytes))
    if (nobody || !this.forwarding[v4 ? 4 : 6]) {
      return this.#outbox.drop(now, packet, layer, (nobody ? 'wrong-destination' : 'not-forwarding') satisfies HostDrop)
    }
    const flow = this.#flows.findFor(now, bytes, 0)
    if (flow === undefined) {
      const source = ipSource(bytes)
      this.#outbox.drop(now, packet, layer, this.whyNowhere(ipDestination(bytes), 0, source))
      const refusing = this.routes.lookup(ipDestination(bytes), 0, source)?.kind
      if (refusing === 'blackhole') return
      const words = { unreachable: 'host-unreachable', prohibit: 'prohibited', throw: 'no-route' } as const
      return this.tell(now, packet, { kind: refusing === undefined ? 'no-route' : words[refusing] })
    }
    const passed = { id: packet.id, copy: packet.copy, bytes: copyOf(bytes) }
    if (!decrementTtl(passed.bytes)) {
      this.#outbox.drop(now, packet, layer, 'ttl-expired' satisfies HostDrop)
      return this.tell(now, packet, { kind: 'time-exceeded' })
    }
    // What connection tracking put together goes out in pieces again.
    const cut = v4 ? !ipv4DontFragment(bytes) : joined
    if (bytes.length > flow.passMtu && !cut) {
      this.refuse(now, packet, 'df-too-big', layer, flow.passMtu)
      return this.tell(now, packet, { kind: 'too-big', mtu: flow.passMtu })
    }
    if (!this.#neighbours.forward(now, from, flow.iface.name, passed.bytes)) {
      return this.#outbox.drop(now, packet, layer, 'forward-rejected' satisfies HostDrop)
    }
    this.#transmit(now, flow, passed, flow.passMtu, layer)
  }

  #transmit(now: Instant, flow: Flow, packet: Packet, mtu: number, layer: Layer): Refusal | undefined {
    const { iface } = flow
    if (!iface.up) return this.refuse(now, packet, 'interface-down', layer)
    const out = this.#neighbours.postRouting(now, iface.name, packet, layer)
    if (out === undefined) return { reason: 'nat-ports-exhausted' }
    if (out.bytes.length <= mtu) {
      this.#emit(now, flow, out, mtu)
      return undefined
    }
    if (mtu < 68) return this.refuse(now, packet, 'mtu-too-small', layer, mtu)
    const pieces =
      ipVersion(out.bytes) === 4 ? fragmentIpv4(out.bytes, mtu) : fragmentIpv6(out.bytes, mtu, this.#nextFragmentId())
    for (const bytes of pieces) this.#emit(now, flow, { id: out.id, copy: out.copy, bytes }, mtu)
    return undefined
  }

  #emit(now: Instant, flow: Flow, packet: Packet, mtu: number): void {
    const { iface, via } = flow
    if (iface.kind === 'tunnel') this.#neighbours.tunnel(now, iface.name, packet, mtu === iface.mtu ? undefined : mtu)
    else this.#outbox.push({ kind: 'packet', port: iface.name, packet, via })
  }

  #nextFragmentId(): number {
    this.#fragmentId = (this.#fragmentId + 1) >>> 0
    return this.#fragmentId
  }
}
