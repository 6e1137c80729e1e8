/** A machine from one boot to the next: all that a reboot loses. Joins stack, programs, tunnels and filters. */
import type { DeviceOptions } from '../../impl/api.ts'
import { type Address, type Instant, NEVER, type Random } from '../../impl/box.ts'
import type { Conf } from '../../impl/config/conf.ts'
import type { Names } from '../../impl/config/resolve.ts'
import { sameAddress } from '../../impl/ip/address.ts'
import { StatefulFirewall } from '../net/firewall.ts'
import { Reassembly } from '../net/reassembly.ts'
import type { InterfaceAddress, Packet } from '../node.ts'
import { App, numbersOf } from './app.ts'
import { Asker } from './asker.ts'
import { runLine } from './commands.ts'
import type { HostDrop } from './drops.ts'
import { IPV6_MIN_MTU } from './interfaces.ts'
import type { Machine } from './machine.ts'
import { Netfilter } from './netfilter.ts'
import type { PortOptions } from './options.ts'
import type { Outbox } from './outbox.ts'
import { Protocols } from './protocols.ts'
import { Retries } from './retries.ts'
import { MAIN_TABLE } from './routes.ts'
import { Services, type ServicesOptions } from './services/services.ts'
import { type Layer, type Neighbours, Stack } from './stack.ts'
import { Tcp } from './tcp/tcp.ts'
import { Transfers } from './tcp/transfer.ts'
import { Tunnel, type TunnelOptions } from './tunnel.ts'
import { WgQuick } from './wg-quick.ts'

export interface SystemOptions {
  readonly random: Random
  readonly steps: readonly string[]
  readonly forward: boolean
  readonly firewall: boolean
  readonly confs: ReadonlyMap<string, Conf>
  /** Programs above the tunnels, by name. */
  readonly services: ServicesOptions['specs']
  readonly names: Names
  /** As HostOptions.resolve. */
  resolve(name: string): readonly Address[] | undefined
  /** Where names are asked for without a tunnel, and whether a tunnel's resolvers come in their place or beside them. */
  readonly resolvers: readonly Address[]
  readonly resolves: 'exclusive' | 'pool'
  readonly device: Omit<DeviceOptions, 'name' | 'random'> & Pick<TunnelOptions, 'nameOf' | 'sleeps' | 'outerDf'>
  /** Each device has its own name, also one that is made again: ids of packets must not come twice. */
  readonly deviceName: (iface: string) => string
}

/** The metric of the first default route in IPv6; later ones, and those of IPv4, count from there and from 0. */
const IPV6_METRIC = 1024
const METRIC_STEP = 100

const LAYERS = ['wire', 'inner'] as const

export class System implements Machine, Neighbours {
  readonly outbox: Outbox
  readonly stack: Stack
  readonly netfilter: Netfilter
  readonly tunnels = new Map<string, Tunnel>()
  readonly names: Names
  readonly confs: ReadonlyMap<string, Conf>
  readonly quick: WgQuick
  readonly app: App
  readonly transfers: Transfers
  readonly services: Services
  readonly asker: Asker
  readonly retries: Retries
  readonly tunnelDns = new Map<string, readonly Address[]>()
  readonly #options: SystemOptions
  readonly #protocols: Protocols
  readonly #firewall: StatefulFirewall | undefined
  /** Made with the first fragment: most machines never see one. */
  readonly #reassembly: Record<Layer, Reassembly | undefined> = { wire: undefined, inner: undefined }
  /** Ports of tunnels, which the firewall lets in. */
  readonly #listening = new Set<number>()
  readonly #listeningTcp = new Set<number>()
  #ports = 0
  #hasTunnels = false

  constructor(options: SystemOptions, outbox: Outbox) {
    const { random } = options
    this.#options = options
    this.outbox = outbox
    this.names = options.names
    this.confs = options.confs
    this.stack = new Stack(outbox, random.split('stack'), this)
    this.stack.forwarding[4] = options.forward
    this.stack.forwarding[6] = options.forward
    this.netfilter = new Netfilter(
      outbox,
      this.stack.interfaces,
      random.split('nat'),
      (now, address) => this.stack.flow(now, address)?.mtu,
    )
    this.app = new App(outbox, this.stack, options.steps)
    const tcp = new Tcp(outbox, this.stack, random.split('tcp'))
    this.transfers = new Transfers(outbox, tcp, options.steps, numbersOf(options.steps))
    this.#protocols = new Protocols(outbox, this.stack, this.app, tcp)
    this.app.listen(this.#protocols.sockets)
    this.services = new Services({
      specs: options.services,
      machine: this,
      tcp,
      sockets: this.#protocols.sockets,
      listening: this.#listening,
      listeningTcp: this.#listeningTcp,
      random: random.split('services'),
      wallClock: options.device.wallClock,
      nameOf: options.device.nameOf,
      run: (now, line, place) => this.run(now, line, place),
    })
    this.retries = new Retries((now, text) => outbox.note(now, 'info', text))
    this.asker = new Asker({
      outbox,
      stack: this.stack,
      sockets: this.#protocols.sockets,
      resolve: options.resolve,
      servers: () => serversOf(options.resolvers, options.resolves, this.tunnelDns),
    })
    this.#firewall = options.firewall ? new StatefulFirewall() : undefined
    this.quick = new WgQuick(this)
  }

  /** Not without an answer, nor without a network to ask by. */
  answers(name: string): boolean {
    const connected = [...this.stack.interfaces.all()].some(({ kind, up, addresses }) => {
      return kind === 'port' && up && addresses.length > 0
    })
    return connected && this.#options.resolve(name) !== undefined
  }

  /** Packets that wait in this machine. */
  *holding(): Generator<Packet> {
    for (const layer of LAYERS) yield* this.#reassembly[layer]?.held() ?? []
    for (const tunnel of this.tunnels.values()) yield* tunnel.holding()
  }

  get tracks(): boolean {
    return this.netfilter.tracks || this.#firewall !== undefined
  }

  /** A packet from a network. */
  receive(now: Instant, port: string, packet: Packet): void {
    const iface = this.stack.interfaces.get(port)
    if (iface === undefined) return this.outbox.drop(now, packet, 'wire', 'no-such-interface' satisfies HostDrop)
    if (!iface.up) return this.outbox.drop(now, packet, 'wire', 'interface-down' satisfies HostDrop)
    this.stack.input(now, port, packet, 'wire')
  }

  /** A network is there, or has other addresses than before. */
  attach(now: Instant, { port, addresses, gateways, mtu, onlink }: PortOptions): void {
    const { interfaces, routes } = this.stack
    if (interfaces.add(port, 'port', mtu)) {
      interfaces.setUp(port)
      this.#ports++
    }
    for (const old of [...(interfaces.get(port)?.addresses ?? [])]) {
      if (addresses.some(other => sameInterfaceAddress(other, old))) continue
      interfaces.removeAddress(port, old)
      this.netfilter.conntrack.forgetAddress(old.address)
    }
    for (const address of addresses) interfaces.addAddress(port, address)
    const ipv6 = (interfaces.get(port)?.mtu ?? 0) >= IPV6_MIN_MTU
    if (!ipv6 && addresses.some(({ address }) => address.length === 16)) this.#noteNoIpv6(now, port, mtu)
    routes.remove(route => route.dev === port && route.origin === 'boot')
    for (const family of [4, 16]) {
      if (family === 16 && !ipv6) continue
      const gateway = gateways.find(({ length }) => length === family)
      const near = onlink === 'all' && addresses.some(({ address }) => address.length === family)
      if (gateway === undefined && !near) continue
      const rank = (this.#ports - 1) * METRIC_STEP
      const route = { prefix: { address: new Uint8Array(family), length: 0 }, dev: port, table: MAIN_TABLE } as const
      const metric = rank + (family === 4 ? 0 : IPV6_METRIC)
      routes.add({ ...route, metric, origin: 'boot', ...(gateway === undefined ? {} : { via: gateway }) })
    }
  }

  detach(port: string): void {
    for (const { address } of this.stack.interfaces.get(port)?.addresses ?? []) {
      this.netfilter.conntrack.forgetAddress(address)
    }
    this.stack.interfaces.remove(port)
  }

  /** A command line as root types it. */
  run(now: Instant, line: string, place: string): boolean {
    return runLine(now, this, this.quick, line, place)
  }

  /** Power off: what was begun ends, and what was held is lost. */
  stop(now: Instant): void {
    this.app.stop(now, 'the machine was switched off')
    this.transfers.stop(now, 'the machine was switched off')
    this.services.stopAll(now)
    this.asker.stop(now, 'the machine was switched off')
    for (const tunnel of this.tunnels.values()) tunnel.setLink(now, false)
    for (const layer of LAYERS) {
      for (const packet of this.#reassembly[layer]?.clear() ?? []) {
        this.outbox.drop(now, packet, layer, 'host-off' satisfies HostDrop)
      }
    }
  }

  handleTimeout(now: Instant): void {
    if (this.app.pollTimeout() <= now) this.app.handleTimeout(now)
    if (this.transfers.pollTimeout() <= now) this.transfers.handleTimeout(now)
    if (this.services.pollTimeout() <= now) this.services.handleTimeout(now)
    if (this.asker.pollTimeout() <= now) this.asker.handleTimeout(now)
    if (this.retries.pollTimeout() <= now) this.retries.handleTimeout(now)
    if (this.#hasTunnels) {
      for (const tunnel of this.tunnels.values()) if (tunnel.pollTimeout() <= now) tunnel.handleTimeout(now)
    }
    for (const layer of LAYERS) {
      const reassembly = this.#reassembly[layer]
      if (reassembly !== undefined && reassembly.deadline() <= now) this.#giveUp(now, layer, reassembly)
    }
  }

  pollTimeout(): Instant {
    const { wire, inner } = this.#reassembly
    let due: number = Math.min(
      this.app.pollTimeout(),
      this.transfers.pollTimeout(),
      this.services.pollTimeout(),
      this.asker.pollTimeout(),
      this.retries.pollTimeout(),
    )
    if (wire !== undefined) due = Math.min(due, wire.deadline())
    if (inner !== undefined) due = Math.min(due, inner.deadline())
    if (!this.#hasTunnels) return due as Instant
    for (const tunnel of this.tunnels.values()) {
      const at = tunnel.pollTimeout()
      if (at < due) due = at
    }
    return due as Instant
  }

  timeoutReason(): string {
    const due = this.pollTimeout()
    if (due === NEVER) return 'nothing is due'
    if (this.app.pollTimeout() === due) return 'a step sends its next packet'
    if (this.transfers.pollTimeout() === due) return 'TCP waits no longer'
    if (this.services.pollTimeout() === due) return this.services.timeoutReason()
    if (this.asker.pollTimeout() === due) return 'a resolver has not answered'
    if (this.retries.pollTimeout() === due) return 'wg asks the resolver again'
    for (const tunnel of this.tunnels.values()) {
      if (tunnel.pollTimeout() === due) return `${tunnel.iface}: ${tunnel.timeoutReason()}`
    }
    return 'fragments have waited long enough for the rest'
  }

  addTunnel(name: string): boolean {
    if (!this.stack.interfaces.add(name, 'tunnel', DEFAULT_MTU)) return false
    const options = {
      ...this.#options.device,
      name: this.#options.deviceName(name),
      random: this.#options.random.split(`tunnel ${name}`),
      mtu: DEFAULT_MTU,
      iface: name,
    }
    this.tunnels.set(name, new Tunnel(options, this.outbox, this.stack, this.#protocols.sockets, this.#listening))
    this.#hasTunnels = true
    return true
  }

  removeTunnel(now: Instant, name: string): void {
    this.tunnels.get(name)?.setLink(now, false)
    this.tunnels.delete(name)
    this.#hasTunnels = this.tunnels.size > 0
    this.stack.interfaces.remove(name)
  }

  setLink(now: Instant, name: string, up: boolean): void {
    const { interfaces } = this.stack
    if (up) interfaces.setUp(name)
    else interfaces.setDown(name)
    this.tunnels.get(name)?.setLink(now, up)
  }

  setMtu(now: Instant, name: string, mtu: number): void {
    const had = this.stack.interfaces.get(name)?.addresses.some(({ address }) => address.length === 16) === true
    this.stack.interfaces.setMtu(name, mtu)
    this.tunnels.get(name)?.setMtu(now, mtu)
    if (had && mtu < IPV6_MIN_MTU) this.#noteNoIpv6(now, name, mtu)
  }

  deliver(now: Instant, packet: Packet, layer: Layer): void {
    this.#protocols.deliver(now, packet, layer)
  }

  tunnel(now: Instant, name: string, packet: Packet, mtu: number | undefined): void {
    this.tunnels.get(name)?.inner(now, packet, mtu)
  }

  preRouting(now: Instant, iface: string, packet: Packet, layer: Layer): Packet | undefined {
    if (this.#firewall !== undefined && layer === 'wire') {
      const refused = this.#firewall.inbound(now, packet.bytes, this.#listening, this.#listeningTcp)
      if (refused !== undefined) {
        this.outbox.drop(now, packet, layer, refused)
        return undefined
      }
    }
    return this.netfilter.preRouting(now, iface, packet, layer)
  }

  forward(now: Instant, from: string, to: string, packet: Uint8Array): boolean {
    return this.netfilter.forward(now, from, to, packet)
  }

  postRouting(now: Instant, iface: string, packet: Packet, layer: Layer): Packet | undefined {
    const out = this.netfilter.postRouting(now, iface, packet, layer)
    if (this.#firewall !== undefined && out !== undefined && this.stack.interfaces.get(iface)?.kind === 'port') {
      this.#firewall.outbound(now, out.bytes)
    }
    return out
  }

  reassemble(now: Instant, packet: Packet, layer: Layer): Packet | undefined {
    const reassembly = this.#reassembly[layer] ?? new Reassembly()
    this.#reassembly[layer] = reassembly
    const result = reassembly.add(now, packet)
    switch (result.kind) {
      case 'held':
        return undefined
      case 'whole':
        // Pieces that a real kernel cut inside a tunnel came as packets of their own.
        for (const piece of result.pieces) {
          if (piece.id.n !== result.packet.id.n || piece.id.box !== result.packet.id.box) this.outbox.done(now, piece)
        }
        return result.packet
      case 'dropped':
        for (const lost of result.packets) this.outbox.drop(now, lost, layer, result.reason)
        return undefined
    }
  }

  #noteNoIpv6(now: Instant, name: string, mtu: number): void {
    const why = `an MTU of ${mtu} is less than the ${IPV6_MIN_MTU} bytes that IPv6 needs`
    this.outbox.note(now, 'warning', `${name}: ${why}: its IPv6 addresses are gone`)
  }

  #giveUp(now: Instant, layer: Layer, reassembly: Reassembly): void {
    for (const { packets, first } of reassembly.expire(now)) {
      for (const packet of packets) this.outbox.drop(now, packet, layer, 'reassembly-timeout')
      if (first !== undefined) this.stack.tell(now, first, { kind: 'reassembly-timeout' })
    }
  }
}

/** Those of tunnels first, the latest of them before the others; the machine's own after them in a pool. */
function serversOf(
  own: readonly Address[],
  how: 'exclusive' | 'pool',
  tunnels: ReadonlyMap<string, readonly Address[]>,
): readonly Address[] {
  const inside = [...tunnels.values()].reverse().flat()
  return inside.length > 0 && how === 'exclusive' ? inside : [...inside, ...own]
}

/** As the kernel gives a new interface: 1500 − 80. */
const DEFAULT_MTU = 1420

function sameInterfaceAddress(a: InterfaceAddress, b: InterfaceAddress): boolean {
  return a.length === b.length && sameAddress(a.address as Address, b.address as Address)
}
