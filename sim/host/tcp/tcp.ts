/** TCP of a machine: its connections, who listens, and the way of their segments through the stack. */
import { type Address, type Endpoint, type Instant, NEVER, type Random } from '../../../impl/box.ts'
import { sameAddress } from '../../../impl/ip/address.ts'
import { get16, get32 } from '../../../impl/ip/bytes.ts'
import type { IcmpError } from '../../../impl/ip/icmp.ts'
import { ipDestination, ipEcn, ipLength, ipSource } from '../../../impl/ip/packet.ts'
import { ACK, RST, SYN } from '../../../impl/ip/tcp.ts'
import { endKey } from '../../net/flow.ts'
import type { Packet } from '../../node.ts'
import type { Outbox } from '../outbox.ts'
import type { Sending, Stack } from '../stack.ts'
import { Connection } from './connection.ts'
import type { Program, Wire } from './contract.ts'
import { type Ends, emptyHeader, type Header, layOut, readSegment, seal } from './segment.ts'
import type { SentWhy } from './sender.ts'
import { LINUX, type TcpSettings } from './settings.ts'

/** ECT(0) and CE (RFC 3168 §5). */
const CAPABLE = 2
const CONGESTED = 3
const SENDING: Sending = { mark: 0, whole: true, layer: 'inner' }
const LARGEST_PACKET = 65_535

/** A program, and what it sends. */
export interface Talker extends Program {
  /** Writes bytes [from, from + length) of its stream; the same each time. */
  fill(into: Uint8Array, from: number): void
  /** A segment with data leaves. */
  sent?(now: Instant, packet: Packet, from: number, length: number, why: SentWhy | 'control'): void
}

/** Takes a connection: the program that is to speak. */
export type Listener = (now: Instant, remote: Endpoint) => Talker & { use(connection: Connection): void }

interface Open {
  readonly ends: Ends
  readonly connection: Connection
  readonly key: string
}

export class Tcp {
  readonly #outbox: Outbox
  readonly #stack: Stack
  readonly #random: Random
  readonly #listeners = new Map<number, Listener>()
  readonly #open = new Map<string, Open>()
  readonly #header = emptyHeader()
  #last: Open | undefined

  constructor(outbox: Outbox, stack: Stack, random: Random) {
    this.#outbox = outbox
    this.#stack = stack
    this.#random = random
  }

  listen(port: number, listener: Listener): void {
    this.#listeners.set(port, listener)
  }

  /** Nobody takes connections there any more. */
  unlisten(port: number): void {
    this.#listeners.delete(port)
  }

  /** A new connection, or why there is none. `port`: the first of its own to try. */
  connect(now: Instant, to: Endpoint, port: number, talker: Talker, settings: TcpSettings): Connection | string {
    const flow = this.#stack.flow(now, to.address)
    if (flow === undefined) return 'network is unreachable'
    if (flow.source === undefined) return 'cannot assign requested address'
    const source = flow.source.slice()
    let sourcePort = port
    const ends = (): Ends => ({ source, destination: to.address.slice(), sourcePort, destinationPort: to.port })
    while (this.#open.has(keyOf(ends()))) sourcePort = sourcePort >= 65_535 ? 1024 : sourcePort + 1
    const { connection } = this.#add(now, ends(), talker, settings)
    connection.open(now)
    return connection
  }

  /** A sound packet with TCP for this machine; its header is at bytes[at]. False: it belongs to no connection and opens none. */
  receive(now: Instant, packet: Packet, at: number): boolean {
    const { bytes } = packet
    const end = ipLength(bytes)
    const header = this.#header
    const data = readSegment(header, bytes, at, end)
    if (data < 0) return false
    const sourcePort = get16(bytes, at)
    const destinationPort = get16(bytes, at + 2)
    const open =
      this.#find(bytes, sourcePort, destinationPort) ?? this.#accept(now, packet, header, sourcePort, destinationPort)
    if (open === undefined) return false
    this.#outbox.done(now, packet)
    if (open === 'opened') return true
    open.connection.segment(now, header, bytes.subarray(data, end), ipEcn(bytes) === CONGESTED)
    return true
  }

  /** An ICMP error about a packet of ours. `quote`: the packet, perhaps cut; its TCP header is at quote[at]. */
  failed(now: Instant, error: IcmpError, quote: Uint8Array, at: number): void {
    const key = keyFor(ipSource(quote), get16(quote, at), ipDestination(quote), get16(quote, at + 2))
    this.#open.get(key)?.connection.failed(now, error, get32(quote, at + 4))
  }

  handleTimeout(now: Instant): void {
    for (const { connection } of this.#open.values()) {
      if (connection.pollTimeout() <= now) connection.handleTimeout(now)
    }
    this.#sweep()
  }

  pollTimeout(): Instant {
    let due: Instant = NEVER
    for (const { connection } of this.#open.values()) {
      const at = connection.pollTimeout()
      if (at < due) due = at
    }
    return due
  }

  /** A connection over which nobody is told. */
  #sweep(): void {
    for (const { key, connection } of this.#open.values()) if (connection.state === 'closed') this.#forget(key)
  }

  #forget(key: string): void {
    if (this.#last?.key === key) this.#last = undefined
    this.#open.delete(key)
  }

  #find(packet: Uint8Array, sourcePort: number, destinationPort: number): Open | undefined {
    const source = ipSource(packet)
    const destination = ipDestination(packet)
    const last = this.#last
    if (last !== undefined && last.ends.sourcePort === destinationPort && last.ends.destinationPort === sourcePort) {
      if (sameAddress(last.ends.destination, source) && sameAddress(last.ends.source, destination)) {
        if (last.connection.state !== 'closed') return last
      }
    }
    const open = this.#open.get(keyFor(destination, destinationPort, source, sourcePort))
    if (open === undefined || open.connection.state !== 'closed') {
      this.#last = open
      return open
    }
    this.#forget(open.key)
    return undefined
  }

  #accept(
    now: Instant,
    { bytes }: Packet,
    header: Header,
    sourcePort: number,
    destinationPort: number,
  ): 'opened' | undefined {
    const listener = this.#listeners.get(destinationPort)
    if (listener === undefined || (header.flags & (SYN | ACK | RST)) !== SYN) return undefined
    const remote = { address: ipSource(bytes).slice(), port: sourcePort }
    const ends = {
      source: ipDestination(bytes).slice(),
      destination: remote.address,
      sourcePort: destinationPort,
      destinationPort: sourcePort,
    }
    const talker = listener(now, remote)
    const { connection } = this.#add(now, ends, talker, LINUX)
    talker.use(connection)
    connection.accept(now, header)
    return 'opened'
  }

  #add(now: Instant, ends: Ends, talker: Talker, settings: TcpSettings): Open {
    this.#sweep()
    const family = ends.source.length === 4 ? 4 : 6
    const wire = new Segments(this.#outbox, this.#stack, ends, talker)
    const first = this.#random.below(0x1_0000_0000)
    const connection = new Connection(now, family, first, wire, talker, settings)
    const open = { ends, connection, key: keyOf(ends) }
    this.#open.set(open.key, open)
    return open
  }
}

/** The segments of one connection become packets. */
class Segments implements Wire {
  readonly #outbox: Outbox
  readonly #stack: Stack
  readonly #ends: Ends
  readonly #talker: Talker

  constructor(outbox: Outbox, stack: Stack, ends: Ends, talker: Talker) {
    this.#outbox = outbox
    this.#stack = stack
    this.#ends = ends
    this.#talker = talker
  }

  /** Without a route there is nothing to know: the least that every path takes. */
  mtu(now: Instant): number {
    const { destination } = this.#ends
    const mtu = this.#stack.flow(now, destination)?.mtu ?? (destination.length === 4 ? 576 : 1280)
    return Math.min(mtu, LARGEST_PACKET)
  }

  send(now: Instant, header: Header, from: number, length: number, capable: boolean, why: SentWhy | 'control'): void {
    const id = this.#ends.source.length === 4 ? this.#stack.nextIpId() : 0
    const { packet: bytes, at } = layOut(this.#ends, header, capable && length > 0 ? CAPABLE : 0, id, length)
    if (length > 0) this.#talker.fill(bytes.subarray(at), from)
    seal(bytes)
    const packet = { id: this.#outbox.nextId(), copy: 0, bytes }
    this.#outbox.born(now, packet)
    this.#talker.sent?.(now, packet, from, length, why)
    this.#stack.send(now, packet, SENDING)
  }
}

function keyOf({ source, sourcePort, destination, destinationPort }: Ends): string {
  return keyFor(source, sourcePort, destination, destinationPort)
}

function keyFor(local: Address, localPort: number, remote: Address, remotePort: number): string {
  return `${endKey(local, localPort)} ${endKey(remote, remotePort)}`
}
