/**
 * Connections as Linux tracks them, for masquerading and for rules that ask whether a packet answers another. A connection
 * is known by the five-tuple of its first packet and by that of the answers; a masqueraded one answers to another address.
 */
import { type Address, type Instant, later, NS_PER_S, type Random } from '../../impl/box.ts'
import { sameAddress } from '../../impl/ip/address.ts'
import { get16 } from '../../impl/ip/bytes.ts'
import { icmpEcho, icmpProtocol, quotedTransportOffset } from '../../impl/ip/icmp.ts'
import { PROTOCOL_TCP, PROTOCOL_UDP } from '../../impl/ip/ipv4.ts'
import {
  ipDestination,
  ipProtocol,
  ipSource,
  ipVersion,
  transportOffset,
  transportPayload,
} from '../../impl/ip/packet.ts'
import { rewriteDestination, rewriteQuote, rewriteSource } from '../../impl/ip/rewrite.ts'

/** Linux 6.1, nf_conntrack_proto_*.c. */
const UDP_UNREPLIED_NS = 30 * NS_PER_S
const UDP_STREAM_NS = 120 * NS_PER_S
/** An answered UDP flow is a stream when its first packet is older than this. */
const UDP_STREAM_AFTER_NS = 2 * NS_PER_S
const ICMP_NS = 30 * NS_PER_S
const TCP_UNREPLIED_NS = 120 * NS_PER_S
const TCP_NS = 432_000 * NS_PER_S
const GENERIC_NS = 600 * NS_PER_S
/** How many ports are tried after the wanted one. */
const TRIES = 128
const MOST_CONNECTIONS = 262_144

interface Tuple {
  readonly protocol: number
  readonly source: Address
  readonly destination: Address
  readonly sourcePort: number
  readonly destinationPort: number
}

interface Connection {
  readonly original: Tuple
  /** What answers look like when they come in. */
  readonly reply: Tuple
  readonly first: Instant
  replied: boolean
  deadline: Instant
}

export class Conntrack {
  readonly #random: Random
  /** By the key of the first packet, and by that of its answers. */
  readonly #byOriginal = new Map<string, Connection>()
  readonly #byReply = new Map<string, Connection>()

  constructor(random: Random) {
    this.#random = random
  }

  get size(): number {
    return this.#byOriginal.size
  }

  /** What comes in, with the translation of its connection undone; the same array when there is nothing to undo. `local`: it is for this machine. */
  incoming(now: Instant, packet: Uint8Array, local: boolean): Uint8Array {
    const quote = quotedOf(packet)
    if (quote !== undefined) return this.#incomingError(now, packet, quote)
    const tuple = tupleOf(packet)
    if (tuple === undefined) return packet
    const answered = this.#find(now, this.#byReply, tuple)
    if (answered !== undefined) {
      answered.replied = true
      refresh(now, answered)
      return restored(packet, answered)
    }
    const known = this.#find(now, this.#byOriginal, tuple)
    if (known !== undefined) refresh(now, known)
    else if (local) this.#add(now, tuple, tuple.destination, tuple.destinationPort, 'incoming')
    return packet
  }

  /** What goes out. `masquerade`: the address that new connections are to have; undefined: their own. Undefined: no port is free. */
  outgoing(now: Instant, packet: Uint8Array, masquerade: Address | undefined): Uint8Array | undefined {
    const quote = quotedOf(packet)
    if (quote !== undefined) return this.#outgoingError(now, packet, quote)
    const tuple = tupleOf(packet)
    if (tuple === undefined || this.#find(now, this.#byOriginal, inverse(tuple)) !== undefined) return packet
    let connection = this.#find(now, this.#byOriginal, tuple)
    if (connection === undefined) {
      const address = masquerade ?? tuple.source
      const port = this.#port(now, tuple, address)
      if (port === undefined) return undefined
      connection = this.#add(now, tuple, address, port, 'outgoing')
    }
    refresh(now, connection)
    const { destination, destinationPort } = connection.reply
    if (sameAddress(destination, tuple.source) && destinationPort === tuple.sourcePort) return packet
    const changed = packet.slice()
    rewriteSource(changed, destination, hasPorts(tuple) ? destinationPort : undefined)
    return changed
  }

  /** Whether the packet, as it is routed, goes the way of answers, or belongs to a connection that was answered. */
  established(now: Instant, packet: Uint8Array): boolean {
    const quote = quotedOf(packet)
    const tuple = quote ?? tupleOf(packet)
    if (tuple === undefined) return false
    if (this.#find(now, this.#byOriginal, inverse(tuple)) !== undefined) return true
    const known = this.#find(now, this.#byOriginal, tuple)
    return known !== undefined && (quote !== undefined || known.replied)
  }

  /** The address is not ours any more: what was masqueraded with it ends. */
  forgetAddress(address: Address): void {
    for (const connection of this.#byOriginal.values()) {
      if (sameAddress(connection.reply.destination, address)) this.#remove(connection)
    }
  }

  #incomingError(now: Instant, packet: Uint8Array, quote: Tuple): Uint8Array {
    const connection = this.#find(now, this.#byReply, inverse(quote))
    if (connection === undefined) return packet
    const { source, sourcePort } = connection.original
    if (sameAddress(connection.reply.destination, source) && connection.reply.destinationPort === sourcePort)
      return packet
    const changed = packet.slice()
    rewriteDestination(changed, source)
    rewriteQuote(changed, 'source', source, hasPorts(quote) ? sourcePort : undefined)
    return changed
  }

  /** An error about an answer, from the inside or from this machine: it must speak of the packet as the outside knows it. */
  #outgoingError(now: Instant, packet: Uint8Array, quote: Tuple): Uint8Array {
    const connection = this.#find(now, this.#byOriginal, inverse(quote))
    if (connection === undefined) return packet
    const { destination, destinationPort } = connection.reply
    const { source, sourcePort } = connection.original
    if (sameAddress(destination, source) && destinationPort === sourcePort) return packet
    const changed = packet.slice()
    if (sameAddress(ipSource(packet), source)) rewriteSource(changed, destination)
    rewriteQuote(changed, 'destination', destination, hasPorts(quote) ? destinationPort : undefined)
    return changed
  }

  /** Its own port if the answers can be told apart, else one of the same class near a random place (nf_nat_core.c). */
  #port(now: Instant, tuple: Tuple, address: Address): number | undefined {
    const wanted = tuple.sourcePort
    if (this.#isFree(now, tuple, address, wanted)) return wanted
    if (!hasPorts(tuple)) return undefined
    const echo = tuple.protocol !== PROTOCOL_UDP && tuple.protocol !== PROTOCOL_TCP
    const [least, most] = echo ? [0, 65535] : wanted < 512 ? [1, 511] : wanted < 1024 ? [600, 1023] : [1024, 65535]
    const range = most - least + 1
    const start = this.#random.below(range)
    for (let i = 0; i < Math.min(range, TRIES); i++) {
      const port = least + ((start + i) % range)
      if (this.#isFree(now, tuple, address, port)) return port
    }
    return undefined
  }

  #isFree(now: Instant, tuple: Tuple, address: Address, port: number): boolean {
    const reply = { ...inverse(tuple), destination: address, destinationPort: port }
    return this.#find(now, this.#byReply, reply) === undefined && this.#find(now, this.#byOriginal, reply) === undefined
  }

  #add(now: Instant, seen: Tuple, address: Address, port: number, way: 'incoming' | 'outgoing'): Connection {
    if (this.#byOriginal.size >= MOST_CONNECTIONS) this.#sweep(now)
    const original = copyOf(seen)
    const own = way === 'outgoing' ? { destination: address.slice(), destinationPort: port } : {}
    const connection = { original, reply: { ...inverse(original), ...own }, first: now, replied: false, deadline: now }
    refresh(now, connection)
    this.#byOriginal.set(keyOf(original), connection)
    this.#byReply.set(keyOf(connection.reply), connection)
    return connection
  }

  #find(now: Instant, table: Map<string, Connection>, tuple: Tuple): Connection | undefined {
    const connection = table.get(keyOf(tuple))
    if (connection === undefined || connection.deadline > now) return connection
    this.#remove(connection)
    return undefined
  }

  #remove(connection: Connection): void {
    this.#byOriginal.delete(keyOf(connection.original))
    this.#byReply.delete(keyOf(connection.reply))
  }

  /** Room for a new one: what is over goes, then the oldest that was never answered, else the oldest. */
  #sweep(now: Instant): void {
    let oldest: Connection | undefined
    for (const connection of this.#byOriginal.values()) {
      if (connection.deadline <= now) this.#remove(connection)
      else if (oldest === undefined || (oldest.replied && !connection.replied)) oldest = connection
    }
    if (this.#byOriginal.size >= MOST_CONNECTIONS && oldest !== undefined) this.#remove(oldest)
  }
}

function refresh(now: Instant, connection: Connection): void {
  connection.deadline = later(now, lifeOf(now, connection))
}

function lifeOf(now: Instant, { original, replied, first }: Connection): number {
  switch (original.protocol) {
    case PROTOCOL_UDP:
      return replied && now - first >= UDP_STREAM_AFTER_NS ? UDP_STREAM_NS : UDP_UNREPLIED_NS
    case PROTOCOL_TCP:
      return replied ? TCP_NS : TCP_UNREPLIED_NS
    default:
      return original.protocol === icmpProtocol(original.source) ? ICMP_NS : GENERIC_NS
  }
}

/** An answer with the address that the connection began with. */
function restored(packet: Uint8Array, { original, reply }: Connection): Uint8Array {
  const { source, sourcePort } = original
  if (sameAddress(reply.destination, source) && reply.destinationPort === sourcePort) return packet
  const changed = packet.slice()
  rewriteDestination(changed, source, hasPorts(original) ? sourcePort : undefined)
  return changed
}

/** Undefined for ICMP that is no echo, and for what is cut short. */
function tupleOf(packet: Uint8Array): Tuple | undefined {
  return tupleAt(packet, transportOffset(packet))
}

/** What an ICMP error is about; undefined for all else. */
function quotedOf(packet: Uint8Array): Tuple | undefined {
  if (ipProtocol(packet) !== icmpProtocol(ipSource(packet))) return undefined
  const message = transportPayload(packet)
  const version = ipVersion(packet) === 4 ? 4 : 6
  const type = message[0] ?? 255
  if (message.length < 8 || !(version === 4 ? [3, 11, 12].includes(type) : type < 128)) return undefined
  const quote = message.subarray(8)
  const at = quotedTransportOffset(quote)
  return at === undefined || ipVersion(quote) !== version ? undefined : tupleAt(quote, at)
}

function tupleAt(packet: Uint8Array, at: number): Tuple | undefined {
  if (at < 0 || at + 8 > packet.length) return undefined
  const protocol = ipProtocol(packet)
  const ends = { protocol, source: ipSource(packet), destination: ipDestination(packet) }
  if (protocol === PROTOCOL_UDP || protocol === PROTOCOL_TCP) {
    return { ...ends, sourcePort: get16(packet, at), destinationPort: get16(packet, at + 2) }
  }
  if (protocol !== icmpProtocol(ends.source)) return { ...ends, sourcePort: 0, destinationPort: 0 }
  const echo = icmpEcho(packet.subarray(at), ipVersion(packet) === 4 ? 4 : 6)
  if (echo === undefined) return undefined
  const id = get16(packet, at + 4)
  return echo === 'request'
    ? { ...ends, sourcePort: id, destinationPort: 0 }
    : { ...ends, sourcePort: 0, destinationPort: id }
}

function inverse({ protocol, source, destination, sourcePort, destinationPort }: Tuple): Tuple {
  return {
    protocol,
    source: destination,
    destination: source,
    sourcePort: destinationPort,
    destinationPort: sourcePort,
  }
}

function copyOf(tuple: Tuple): Tuple {
  return { ...tuple, source: tuple.source.slice(), destination: tuple.destination.slice() }
}

function hasPorts({ protocol, source }: Tuple): boolean {
  return protocol === PROTOCOL_UDP || protocol === PROTOCOL_TCP || protocol === icmpProtocol(source)
}

function keyOf({ protocol, source, destination, sourcePort, destinationPort }: Tuple): string {
  return `${protocol} ${source.join()} ${sourcePort} ${destination.join()} ${destinationPort}`
}
