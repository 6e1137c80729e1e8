/** A WireGuard device as an interface of a machine: packets routed into it, datagrams of its UDP port, timers, and rows for the trace. */
import type {
  DatagramOut,
  DeviceChange,
  DeviceEvent,
  DeviceOptions,
  DeviceOutput,
  DeviceStatus,
  PeerStatus,
} from '../../impl/api.ts'
import type { Address, Instant, PacketId } from '../../impl/box.ts'
import { Device } from '../../impl/device.ts'
import type { DropReason } from '../../impl/drops.ts'
import { get16 } from '../../impl/ip/bytes.ts'
import { ipEcn } from '../../impl/ip/packet.ts'
import { UDP_HEADER } from '../../impl/ip/udp.ts'
import type { PublicKey } from '../../impl/key.ts'
import type { Row } from '../../scenarios/language/trace.ts'
import type { Packet } from '../node.ts'
import { CopyBook } from './copybook.ts'
import { datagramPacket } from './datagram.ts'
import type { HostDrop } from './drops.ts'
import { freePort } from './freeport.ts'
import type { Outbox } from './outbox.ts'
import type { Protocols, Socket } from './protocols.ts'
import { Sleep } from './sleep.ts'
import type { Sending, Stack } from './stack.ts'
import {
  handshakeNote,
  keyRow,
  layerOf,
  loadNote,
  sameId,
  secretsOf,
  stateRow,
  stateText,
  timerRow,
} from './tunnel-rows.ts'
import { type Job, Paths, Turns } from './turns.ts'

export interface TunnelOptions extends DeviceOptions {
  /** wg0 */
  readonly iface: string
  /** What people call a key. */
  readonly nameOf: (key: PublicKey) => string | undefined
  /** Its timers stand still while the machine sleeps, and its keys live on (behaviours 68, 85). */
  readonly sleeps?: boolean
  /** Its datagrams are not to be cut on their way. Default: they may be, as Linux. */
  readonly outerDf?: boolean
}

/** The message type of data (paper §5.4.6). */
const DATA = 4
/** As the kernel's limit for packets that are sent from within sending. */
const MOST_ROUNDS = 8

export class Tunnel implements Socket {
  readonly iface: string
  /** `alice:wg0` in the trace. */
  readonly at: string
  readonly #options: TunnelOptions
  readonly #device: Device
  readonly #outbox: Outbox
  readonly #stack: Stack
  readonly #sockets: Protocols['sockets']
  readonly #listening: Set<number>
  readonly #waiting: Job[] = []
  readonly #changed = new Set<PublicKey>()
  /** What was last told of each peer, without its counters. */
  readonly #told = new Map<PublicKey, string>()
  #sending: Sending = { mark: 0, whole: false, layer: 'wire' }
  readonly #turns: Turns
  readonly #sleep = new Sleep()
  readonly #copies = new CopyBook()
  #port: number | undefined
  readonly #paths = new Paths()
  #busy = false
  #job: Job | undefined
  /** The packet of the job was delivered or dropped. */
  #ended = false
  #leaving = false

  /** `listening`: the ports of all tunnels, kept up to date here. */
  constructor(
    options: TunnelOptions,
    outbox: Outbox,
    stack: Stack,
    sockets: Protocols['sockets'],
    listening: Set<number>,
  ) {
    this.iface = options.iface
    this.at = `${outbox.name}:${options.iface}`
    this.#options = options
    const wallClock = (at: Instant) => options.wallClock(this.#sleep.outside(at))
    this.#device = new Device(options.sleeps === true ? { ...options, wallClock } : options)
    this.#turns = new Turns(options.handshakeCost_ns ?? 0)
    this.#outbox = outbox
    this.#stack = stack
    this.#sockets = sockets
    this.#listening = listening
  }

  /** A packet that the stack routed here. */
  inner(now: Instant, packet: Packet, mtu: number | undefined): void {
    const depth = this.#leaving ? (this.#job?.depth ?? 0) + 1 : 0
    this.#outbox.crossed(now, this.at, 'out', packet)
    this.#copies.note(packet)
    if (depth > MOST_ROUNDS) {
      return this.#outbox.drop(now, packet, 'inner', 'tunnel-loop' satisfies HostDrop, undefined, this.at)
    }
    const { id, bytes } = packet
    const input = { kind: 'inner', id, packet: bytes } as const
    this.#run(now, { input: mtu === undefined ? input : { ...input, routeMtu: mtu }, packet, depth })
  }

  receive(now: Instant, packet: Packet, at: number): void {
    const { id, bytes } = packet
    const { from, to } = this.#paths.of(bytes, get16(bytes, at))
    const payload = bytes.subarray(at + UDP_HEADER, at + get16(bytes, at + 4))
    const input = { kind: 'datagram', id, bytes: payload, from, to, ecn: ipEcn(bytes) } as const
    this.#run(now, { input, packet, depth: 0 })
  }

  /** The kernel's WireGuard does not listen to ICMP errors; path MTUs are the stack's business. */
  failed(): void {}

  /** Throws on a wrong configuration, and then nothing has changed. */
  configure(now: Instant, change: DeviceChange): void {
    this.#run(now, { input: { kind: 'configure', change }, packet: undefined, depth: 0 })
    if (this.#options.revealSecrets === true) for (const output of secretsOf(change)) this.#outbox.push(output)
    for (const peer of this.#device.status().peers) this.#changed.add(peer.publicKey)
    this.#tellChanges(now)
  }

  setLink(now: Instant, up: boolean): void {
    this.#run(now, { input: { kind: 'link', up }, packet: undefined, depth: 0 })
  }

  setMtu(now: Instant, mtu: number): void {
    this.#run(now, { input: { kind: 'mtu', mtu }, packet: undefined, depth: 0 })
  }

  suspend(now: Instant): void {
    if (this.#options.sleeps === true) return
    this.#run(now, { input: { kind: 'suspend' }, packet: undefined, depth: 0 })
  }

  /** The machine slept this long. */
  wake(now: Instant, slept_ns: number): void {
    if (this.#options.sleeps === true) this.#sleep.add(now, slept_ns)
  }

  /** Packets that wait in the device: for a session, or for their turn. */
  *holding(): Generator<Packet> {
    for (const id of this.#device.waiting()) {
      yield { id, copy: this.#copies.look(id), bytes: NOTHING }
    }
    yield* this.#turns.held()
  }

  /** A local address went away; undefined: a route changed. */
  forgetSource(now: Instant, address?: Address): void {
    const input = { kind: 'forget-source' } as const
    this.#run(now, { input: address === undefined ? input : { ...input, address }, packet: undefined, depth: 0 })
  }

  handleTimeout(now: Instant): void {
    this.#busy = true
    this.#job = undefined
    this.#device.handleTimeout(this.#sleep.inside(now))
    this.#drain(now)
    for (const packet of this.#turns.over(now)) this.#outbox.done(now, packet, this.at)
    this.#workOff(now)
  }

  pollTimeout(): Instant {
    return this.#sleep.outside(this.#device.pollTimeout())
  }

  timeoutReason(): string {
    return this.#device.timeoutReason()
  }

  status(): DeviceStatus {
    return this.#device.status()
  }

  /** A state row for each peer. */
  report(now: Instant): void {
    for (const peer of this.#device.status().peers) this.#state(now, peer)
  }

  #run(now: Instant, job: Job): void {
    if (this.#busy) {
      this.#waiting.push(job)
      return
    }
    this.#busy = true
    try {
      this.#do(now, job)
    } catch (error) {
      this.#busy = false
      throw error
    }
    this.#workOff(now)
  }

  /** What came up meanwhile, in its order; the device takes one input at a time. */
  #workOff(now: Instant): void {
    for (let i = 0; i < this.#waiting.length; i++) this.#do(now, this.#waiting[i]!)
    this.#waiting.length = 0
    this.#busy = false
    if (this.#changed.size > 0) this.#tellChanges(now)
  }

  #do(now: Instant, job: Job): void {
    this.#job = job
    this.#ended = false
    this.#device.handleInput(this.#sleep.inside(now), job.input)
    this.#drain(now)
    if (job.input.kind === 'datagram' && job.packet !== undefined && !this.#ended) {
      const waits = job.input.bytes[0] !== DATA && this.#turns.add(now, job.packet)
      if (!waits) this.#outbox.done(now, job.packet, this.at)
    }
    this.#job = undefined
  }

  #drain(now: Instant): void {
    for (let output = this.#device.pollOutput(); output !== undefined; output = this.#device.pollOutput()) {
      this.#act(now, output)
    }
  }

  #act(now: Instant, output: DeviceOutput): void {
    switch (output.kind) {
      case 'datagram':
        this.#leaving = true
        this.#datagram(now, output)
        this.#leaving = false
        return
      case 'inner': {
        const packet = { id: output.id, copy: this.#copyOf(output.id), bytes: output.packet }
        if (sameId(this.#job?.packet?.id, output.id)) this.#ended = true
        this.#outbox.crossed(now, this.at, 'in', packet)
        this.#stack.input(now, this.iface, packet, 'inner')
        return
      }
      case 'unreachable': {
        const packet = { id: output.id, copy: this.#copyOf(output.id), bytes: output.packet }
        this.#stack.tell(now, packet, { kind: 'host-unreachable' })
        return
      }
      case 'socket':
        this.#bind(now, output.port, output.fwmark)
        return
      case 'event':
        this.#event(now, output.event)
        return
      case 'secret':
        this.#outbox.push({ kind: 'secret', secret: 'LOCAL_EPHEMERAL_PRIVATE_KEY', key: output.secret.key })
        return
    }
  }

  #datagram(now: Instant, out: DatagramOut): void {
    const { id, bytes: payload, to, tos, fwmark } = out
    const source = this.#source(now, out)
    const bytes = datagramPacket({
      source: source ?? new Uint8Array(to.address.length),
      destination: to.address,
      sourcePort: this.#port ?? 0,
      destinationPort: to.port,
      tos,
      id: to.address.length === 4 ? this.#stack.nextIpId() : 0,
      dontFragment: this.#options.outerDf === true,
      payload,
    })
    const packet = { id, copy: this.#copyOf(id), bytes }
    if (id.box === this.#options.name) this.#outbox.born(now, packet, this.#job?.packet?.id)
    if (this.#port === undefined) return this.#outbox.drop(now, packet, 'wire', 'no-socket' satisfies HostDrop)
    const { mark } = this.#sending
    if (mark !== fwmark) this.#sending = { mark: fwmark, whole: this.#options.outerDf === true, layer: 'wire' }
    if (source === undefined && this.#stack.flow(now, to.address, fwmark) !== undefined) {
      this.#stack.refuse(now, packet, 'source-unavailable', 'wire')
    } else this.#stack.send(now, packet, this.#sending)
  }

  /** The sticky source while it is ours and, in IPv4, the route still leaves by its interface (behaviours 111, 112); else the route's. */
  #source(now: Instant, { to, from, fwmark }: DatagramOut): Address | undefined {
    const flow = this.#stack.flow(now, to.address, fwmark, from)
    if (from === undefined || from.length !== to.address.length) return flow?.source
    const { interfaces } = this.#stack
    const moved = from.length === 4 && flow?.local === false && interfaces.ownerOf(from)?.name !== flow.iface.name
    if (interfaces.isLocal(from) && !moved) return from
    this.forgetSource(now, from)
    return this.#stack.flow(now, to.address, fwmark)?.source
  }

  #bind(now: Instant, port: number | undefined, fwmark: number): void {
    this.#sending = { mark: fwmark, whole: this.#options.outerDf === true, layer: 'wire' }
    if (this.#port !== undefined && this.#port !== port) {
      this.#sockets.delete(this.#port)
      this.#listening.delete(this.#port)
      this.#port = undefined
    }
    if (port === undefined || port === this.#port) return
    if (port === 0) {
      const listenPort = freePort(this.#options.random, this.#sockets)
      // Open at once, as the kernel's is: what the device says in the same breath leaves by it.
      this.#open(listenPort)
      return this.#run(now, { input: { kind: 'configure', change: { listenPort } }, packet: undefined, depth: 0 })
    }
    if (this.#sockets.has(port) && this.#sockets.get(port)?.yields !== true) {
      return this.#outbox.note(now, 'warning', `${this.iface}: UDP port ${port} is taken: the tunnel can not speak`)
    }
    this.#open(port)
  }

  #open(port: number): void {
    this.#port = port
    this.#sockets.set(port, this)
    this.#listening.add(port)
  }

  #event(now: Instant, event: DeviceEvent): void {
    switch (event.kind) {
      case 'drop':
        return this.#dropped(now, event.id, event.reason, event.peer)
      case 'timer':
        return this.#row(timerRow(now, this.#outbox.name, this.#name(event.peer), this.#sleep.dated(event)))
      case 'key':
        return this.#row(keyRow(now, this.#outbox.name, this.#name(event.peer), event))
      case 'handshake':
        if (event.what === 'completed') this.#changed.add(event.peer)
        this.#note(now, handshakeNote(this.iface, this.#name(event.peer), event))
        return
      case 'endpoint':
        this.#changed.add(event.peer)
        return
      case 'load':
        return this.#note(now, loadNote(this.iface, event))
      case 'peer':
        if (event.what === 'added') this.#changed.add(event.peer)
        else this.#told.delete(event.peer)
        return
    }
  }

  #dropped(now: Instant, id: PacketId, reason: DropReason, peer: PublicKey | undefined): void {
    const waiting = this.#turns.dropped(id)
    const packet = { id, copy: waiting?.copy ?? this.#copyOf(id), bytes: NOTHING }
    const layer = layerOf(reason, this.#job?.input.kind === 'inner')
    this.#outbox.drop(now, packet, layer, reason, peer && `peer ${this.#name(peer)}`, this.at)
    if (sameId(this.#job?.packet?.id, id)) this.#ended = true
  }

  #tellChanges(now: Instant): void {
    if (this.#busy) return
    for (const key of this.#changed) {
      const peer = this.#device.peer(key)
      if (peer === undefined) continue
      const text = stateText(peer)
      if (this.#told.get(key) === text) continue
      this.#told.set(key, text)
      this.#state(now, peer)
    }
    this.#changed.clear()
  }

  #state(now: Instant, peer: PeerStatus): void {
    const { latestHandshakeAt } = peer
    const when = latestHandshakeAt === undefined ? {} : { latestHandshakeAt: this.#sleep.outside(latestHandshakeAt) }
    this.#row(stateRow(now, this.#outbox.name, this.iface, this.#name(peer.publicKey), { ...peer, ...when }))
  }

  #note(now: Instant, text: string | undefined): void {
    if (text !== undefined) this.#outbox.note(now, 'info', text)
  }

  #row(row: Row): void {
    this.#outbox.push({ kind: 'row', row })
  }

  #name(key: PublicKey): string {
    return this.#options.nameOf(key) ?? key
  }

  /** The device knows nothing of copies: what it says of the packet in hand is about this copy. */
  #copyOf(id: PacketId): number {
    const packet = this.#job?.packet
    const own = packet !== undefined && sameId(packet.id, id) ? packet.copy : undefined
    return this.#copies.take(id, own)
  }
}

const NOTHING = new Uint8Array(0)
