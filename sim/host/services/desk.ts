/** A service's hands on its machine: ports, commands, notes. */
import type { Address, Endpoint, Instant, Random, WallTime } from '../../../impl/box.ts'
import { get16 } from '../../../impl/ip/bytes.ts'
import { ipDestination, ipSource } from '../../../impl/ip/packet.ts'
import { UDP_HEADER } from '../../../impl/ip/udp.ts'
import type { PublicKey } from '../../../impl/key.ts'
import type { Packet } from '../../node.ts'
import { datagramPacket } from '../datagram.ts'
import type { Machine } from '../machine.ts'
import type { Protocols, Socket } from '../protocols.ts'
import type { Listener, Tcp } from '../tcp/tcp.ts'
import type { Datagram, Desk, UdpPort } from './service.ts'

/** Linux: net.ipv4.ip_local_port_range. */
const FIRST_PORT = 32768
const LAST_PORT = 60999

export interface DeskOptions {
  /** The service's own name. */
  readonly name: string
  readonly machine: Machine
  readonly sockets: Protocols['sockets']
  readonly tcp: Tcp
  /** Ports that a firewall of the machine lets in. */
  readonly listening: Set<number>
  readonly listeningTcp: Set<number>
  readonly random: Random
  readonly wallClock: (now: Instant) => WallTime
  readonly nameOf: (key: PublicKey) => string | undefined
  readonly run: (now: Instant, command: string, place: string) => boolean
}

export class ServiceDesk implements Desk {
  readonly machine: Machine
  readonly random: Random
  readonly tcp: Tcp
  readonly #options: DeskOptions
  readonly #open = new Map<number, boolean>()
  readonly #listened: number[] = []

  constructor(options: DeskOptions) {
    this.machine = options.machine
    this.random = options.random
    this.tcp = options.tcp
    this.#options = options
  }

  open(now: Instant, wanted: number | undefined, receive: Parameters<Desk['open']>[2]): UdpPort | undefined {
    const { sockets, listening, name, machine } = this.#options
    const port = wanted ?? this.#freePort()
    if (sockets.has(port)) {
      machine.outbox.note(now, 'warning', `${name}: UDP port ${port} is taken`)
      return undefined
    }
    const socket: Socket = {
      receive: (at, packet, header) => receive(at, this.#datagram(at, packet, header)),
      failed: () => {},
    }
    sockets.set(port, socket)
    // A port that was asked for is a server's.
    const served = wanted !== undefined
    if (served) listening.add(port)
    this.#open.set(port, served)
    return {
      port,
      send: (at, to, payload, how = {}) => this.#send(at, port, to, payload, how),
      close: () => this.#close(port),
    }
  }

  listen(port: number, listener: Listener): void {
    this.tcp.listen(port, listener)
    this.#options.listeningTcp.add(port)
    this.#listened.push(port)
  }

  run(now: Instant, command: string): boolean {
    return this.#options.run(now, command, this.#options.name)
  }

  note(now: Instant, text: string): void {
    this.machine.outbox.note(now, 'info', `${this.#options.name}: ${text}`)
  }

  wallClock(now: Instant): WallTime {
    return this.#options.wallClock(now)
  }

  peers(iface: string): ReturnType<Desk['peers']> {
    const { machine, nameOf } = this.#options
    const peers = machine.tunnels.get(iface)?.status().peers ?? []
    return peers.map(peer => ({ ...peer, name: nameOf(peer.publicKey) }))
  }

  /** Every port that is still open. */
  close(): void {
    for (const port of [...this.#open.keys()]) this.#close(port)
    for (const port of this.#listened.splice(0)) {
      this.tcp.unlisten(port)
      this.#options.listeningTcp.delete(port)
    }
  }

  #close(port: number): void {
    const { sockets, listening } = this.#options
    const served = this.#open.get(port)
    if (served === undefined) return
    sockets.delete(port)
    if (served) listening.delete(port)
    this.#open.delete(port)
  }

  #datagram(now: Instant, packet: Packet, at: number): Datagram {
    const { bytes, id } = packet
    const { outbox } = this.machine
    return {
      id,
      from: { address: ipSource(bytes).slice(), port: get16(bytes, at) },
      to: ipDestination(bytes).slice(),
      payload: bytes.subarray(at + UDP_HEADER, at + get16(bytes, at + 4)),
      done: () => outbox.done(now, packet),
      drop: (reason, detail) => outbox.drop(now, packet, 'inner', reason, detail),
    }
  }

  #send(now: Instant, port: number, to: Endpoint, payload: Uint8Array, how: Parameters<UdpPort['send']>[3]): void {
    const { stack, outbox } = this.machine
    const flow = stack.flow(now, to.address)
    const source: Address | undefined = how?.from ?? flow?.source
    const bytes = datagramPacket({
      source: source ?? new Uint8Array(to.address.length),
      destination: to.address,
      sourcePort: port,
      destinationPort: to.port,
      tos: 0,
      id: to.address.length === 4 ? stack.nextIpId() : 0,
      dontFragment: false,
      payload,
    })
    if (source !== undefined || flow === undefined) {
      stack.sendBorn(now, bytes, how?.cause)
      return
    }
    const packet = { id: outbox.nextId(), copy: 0, bytes }
    outbox.born(now, packet, how?.cause)
    stack.refuse(now, packet, 'source-unavailable', 'inner')
  }

  #freePort(): number {
    for (;;) {
      const port = FIRST_PORT + this.random.below(LAST_PORT - FIRST_PORT + 1)
      if (!this.#options.sockets.has(port)) return port
    }
  }
}
