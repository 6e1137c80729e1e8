/** What a machine does with packets for itself: ICMP echo and errors, UDP ports, and the refusal of the rest. */
import type { Address, Instant } from '../../impl/box.ts'
import { get16 } from '../../impl/ip/bytes.ts'
import {
  buildIcmpEcho,
  type IcmpError,
  icmpEcho,
  icmpEchoId,
  icmpEchoSequence,
  icmpError,
  icmpProtocol,
  icmpQuote,
  quotedTransportOffset,
} from '../../impl/ip/icmp.ts'
import { PROTOCOL_ICMP, PROTOCOL_ICMPV6, PROTOCOL_TCP, PROTOCOL_UDP } from '../../impl/ip/ipv4.ts'
import {
  buildIp,
  checkTransport,
  ipDestination,
  ipProtocol,
  ipSource,
  ipTos,
  ipVersion,
  transportOffset,
  transportPayload,
} from '../../impl/ip/packet.ts'
import {
  ACK,
  buildTcp,
  FIN,
  RST,
  SYN,
  tcpAcknowledgement,
  tcpDestinationPort,
  tcpFlags,
  tcpPayload,
  tcpSequence,
  tcpSourcePort,
} from '../../impl/ip/tcp.ts'
import { udpSourcePort } from '../../impl/ip/udp.ts'
import type { Packet } from '../node.ts'
import type { HostDrop } from './drops.ts'
import type { Outbox } from './outbox.ts'
import type { Layer, Stack } from './stack.ts'

/** Who has a UDP port. */
export interface Socket {
  /** The lab's own service, which gives the port to a tunnel that wants it. */
  readonly yields?: true
  /** A datagram with a right checksum, whose header starts at bytes[at]; who takes it accounts for it. */
  receive(now: Instant, packet: Packet, at: number): void
  /** An ICMP error about a datagram that left from this port. `segment`: its UDP header and as much more as was quoted. */
  failed(now: Instant, error: IcmpError, segment: Uint8Array): void
}

/** Who waits for answers to echo requests. */
export interface Pinger {
  /** `message`: the ICMP header and data of the reply. */
  answered(now: Instant, packet: Packet, message: Uint8Array): void
  failed(now: Instant, error: IcmpError, message: Uint8Array): void
}

/** Who has the connections of TCP. */
export interface Connections {
  /** A segment with a right checksum, whose header starts at bytes[at]. False: it belongs to nobody. */
  receive(now: Instant, packet: Packet, at: number): boolean
  /** `quote`: the packet that the error is about, perhaps cut, with its TCP header at quote[at]. */
  failed(now: Instant, error: IcmpError, quote: Uint8Array, at: number): void
}

export class Protocols {
  readonly #outbox: Outbox
  readonly #stack: Stack
  readonly #pinger: Pinger
  readonly #connections: Connections
  /** By port, of both families. */
  readonly sockets = new Map<number, Socket>()

  constructor(outbox: Outbox, stack: Stack, pinger: Pinger, connections: Connections) {
    this.#outbox = outbox
    this.#stack = stack
    this.#pinger = pinger
    this.#connections = connections
  }

  /** A whole, sound packet for this machine. */
  deliver(now: Instant, packet: Packet, layer: Layer): void {
    const { bytes } = packet
    const fault = checkTransport(bytes)
    if (fault !== undefined) return this.#outbox.drop(now, packet, layer, 'bad-checksum' satisfies HostDrop, fault)
    const protocol = ipProtocol(bytes)
    if (protocol === PROTOCOL_UDP) return this.#udp(now, packet, layer)
    const segment = transportPayload(bytes)
    if (protocol === icmpProtocol(ipSource(bytes))) return this.#icmp(now, packet, segment)
    if (protocol === PROTOCOL_TCP) {
      if (this.#connections.receive(now, packet, transportOffset(bytes))) return
      return this.#refuseTcp(now, packet, segment, layer)
    }
    this.#outbox.drop(now, packet, layer, 'protocol-unknown' satisfies HostDrop, `protocol ${protocol}`)
    this.#stack.tell(now, packet, { kind: 'protocol-unreachable' })
  }

  #udp(now: Instant, packet: Packet, layer: Layer): void {
    const at = transportOffset(packet.bytes)
    const port = get16(packet.bytes, at + 2)
    const socket = this.sockets.get(port)
    if (socket !== undefined) return socket.receive(now, packet, at)
    this.#outbox.drop(now, packet, layer, 'no-listener' satisfies HostDrop, `UDP port ${port}`)
    this.#stack.tell(now, packet, { kind: 'port-unreachable' })
  }

  #icmp(now: Instant, packet: Packet, message: Uint8Array): void {
    const { bytes } = packet
    const version = ipVersion(bytes) === 4 ? 4 : 6
    this.#outbox.done(now, packet)
    switch (icmpEcho(message, version)) {
      case 'request':
        return this.#answer(now, packet, message)
      case 'reply':
        return this.#pinger.answered(now, packet, message)
      case undefined:
    }
    const error = icmpError(message, version)
    if (error !== undefined) this.#failed(now, error, icmpQuote(message))
  }

  /** As Linux: from the address that was asked, with the same traffic class, DF clear. */
  #answer(now: Instant, request: Packet, message: Uint8Array): void {
    const source = ipDestination(request.bytes).slice()
    const destination = ipSource(request.bytes).slice()
    const payload = buildIcmpEcho({
      source,
      destination,
      reply: true,
      id: icmpEchoId(message),
      sequence: icmpEchoSequence(message),
      payload: message.subarray(8),
    })
    const id = this.#ipId(source)
    const protocol = icmpProtocol(source)
    const bytes = buildIp({ source, destination, protocol, tos: ipTos(request.bytes), id, payload })
    this.#stack.sendBorn(now, bytes, request.id)
  }

  #failed(now: Instant, error: IcmpError, quote: Uint8Array): void {
    const at = quotedTransportOffset(quote)
    // One that can not be told: no reason to believe anything.
    if (at === undefined) return
    const segment = quote.subarray(at)
    const protocol = ipProtocol(quote)
    // As Linux: who makes up an error must at least know a port that is in use.
    if (protocol === PROTOCOL_UDP && !this.sockets.has(udpSourcePort(segment))) return
    if (!this.#stack.interfaces.isLocal(ipSource(quote))) {
      // Somebody else's packet. IPv6 does not ask for the size of a path (Linux udp.c: __udp6_lib_err, icmp.c: icmpv6_err);
      // IPv4 does (route.c: ip_route_output_key_hash_rcu), and TCP looks for the connection.
      const believes = ipVersion(quote) === 6 && protocol !== PROTOCOL_TCP
      if (error.kind === 'too-big' && believes) this.#stack.learnPathMtu(now, ipDestination(quote).slice(), error.mtu)
      return
    }
    if (error.kind === 'too-big') this.#stack.learnPathMtu(now, ipDestination(quote).slice(), error.mtu)
    if (protocol === PROTOCOL_UDP) this.sockets.get(udpSourcePort(segment))?.failed(now, error, segment)
    else if (protocol === PROTOCOL_TCP) this.#connections.failed(now, error, quote, at)
    else if (protocol === PROTOCOL_ICMP || protocol === PROTOCOL_ICMPV6) this.#pinger.failed(now, error, segment)
  }

  /** Nobody listens: a reset (RFC 9293 §3.10.7.1). */
  #refuseTcp(now: Instant, packet: Packet, segment: Uint8Array, layer: Layer): void {
    const port = tcpDestinationPort(segment)
    this.#outbox.drop(now, packet, layer, 'no-listener' satisfies HostDrop, `TCP port ${port}`)
    const flags = tcpFlags(segment)
    if ((flags & RST) !== 0) return
    const acknowledges = (flags & ACK) !== 0
    const counted = tcpPayload(segment).length + ((flags & SYN) !== 0 ? 1 : 0) + ((flags & FIN) !== 0 ? 1 : 0)
    const source = ipDestination(packet.bytes).slice()
    const destination = ipSource(packet.bytes).slice()
    const payload = buildTcp({
      source,
      destination,
      sourcePort: port,
      destinationPort: tcpSourcePort(segment),
      sequence: acknowledges ? tcpAcknowledgement(segment) : 0,
      acknowledgement: acknowledges ? 0 : (tcpSequence(segment) + counted) >>> 0,
      flags: acknowledges ? RST : RST | ACK,
      window: 0,
      payload: new Uint8Array(0),
    })
    const id = this.#ipId(source)
    this.#stack.sendBorn(now, buildIp({ source, destination, protocol: PROTOCOL_TCP, id, payload }), packet.id)
  }

  #ipId(source: Address): number {
    return source.length === 4 ? this.#stack.nextIpId() : 0
  }
}
