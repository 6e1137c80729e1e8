/** A probe's place in the network: its addresses, and datagrams to and from the wire. */
import type { Address, Endpoint, PacketId } from '../../impl/box.ts'
import { addressInPrefix, formatEndpoint, parseEndpoint, parsePrefix } from '../../impl/ip/address.ts'
import { fragmentIpv4, fragmentIpv6 } from '../../impl/ip/fragment.ts'
import { buildIcmpEcho, icmpError, icmpProtocol, icmpQuote, quotedTransportOffset } from '../../impl/ip/icmp.ts'
import { PROTOCOL_UDP } from '../../impl/ip/ipv4.ts'
import {
  buildIp,
  checkIp,
  ipDestination,
  ipProtocol,
  ipSource,
  ipVersion,
  isFragment,
  transportPayload,
} from '../../impl/ip/packet.ts'
import { udpDestinationPort, udpPayload, udpSourcePort } from '../../impl/ip/udp.ts'
import type { ProbeAct } from '../../scenarios/language/step.ts'
import type { NodeInput, NodeOutput, Packet } from '../node.ts'
import { datagramPacket, datagramRoom } from './datagram.ts'
import type { PortOptions } from './options.ts'
import { hexBytes } from './probe-slots.ts'
import type { Arrival } from './probe-watch.ts'

/** The port a probe speaks from when nothing else is said. */
export const PROBE_PORT = 51820

type DataAct = Extract<ProbeAct, { kind: 'data' }>

export class ProbeNet {
  #ports: PortOptions[]
  /** IPv4 and IPv6 identification: one for each datagram, so that fragments find each other. */
  #sent = 0

  constructor(attachments: readonly PortOptions[]) {
    this.#ports = [...attachments]
  }

  attach({ port, addresses, gateways, onlink }: Extract<NodeInput, { kind: 'attach' }>): void {
    const before = this.#ports.find(each => each.port === port)
    const after = { port, addresses, gateways, mtu: before?.mtu ?? 1500, onlink: onlink ?? before?.onlink ?? 'all' }
    this.#ports = [...this.#ports.filter(each => each.port !== port), after]
  }

  detach(port: string): void {
    this.#ports = this.#ports.filter(each => each.port !== port)
  }

  setMtu(port: string, mtu: number): void {
    this.#ports = this.#ports.map(each => (each.port === port ? { ...each, mtu } : each))
  }

  /** Where the probe speaks from to this endpoint. Throws an Error when it has no address of that family. */
  own(to: Endpoint): Endpoint {
    const own = this.#portFor(to.address).addresses.find(each => each.address.length === to.address.length)
    if (own === undefined) throw new Error(`no address of the family of ${formatEndpoint(to)}`)
    return { address: own.address, port: PROBE_PORT }
  }

  /** The packet of a datagram and the pieces that go out; sources may be made up. Throws an Error when it can not be sent. */
  datagram(id: PacketId, payload: Uint8Array, from: Endpoint, to: Endpoint): { packet: Packet; out: NodeOutput[] } {
    if (from.address.length !== to.address.length) {
      throw new Error(`two families: from ${formatEndpoint(from)} to ${formatEndpoint(to)}`)
    }
    if (payload.length > datagramRoom(to.address)) throw new Error(`no datagram holds ${payload.length} bytes`)
    const port = this.#portFor(to.address)
    this.#sent = (this.#sent + 1) & 0xffff
    const bytes = datagramPacket({
      source: from.address,
      destination: to.address,
      sourcePort: from.port,
      destinationPort: to.port,
      tos: 0,
      id: this.#sent,
      dontFragment: false,
      payload,
    })
    const packet = { id, copy: 0, bytes }
    return { packet, out: this.#pieces(port, packet) }
  }

  /** A packet goes out where its destination is. Throws an Error when the probe has no address of that family. */
  raw(packet: Packet): NodeOutput[] {
    this.#sent = (this.#sent + 1) & 0xffff
    return this.#pieces(this.#portFor(ipDestination(packet.bytes)), packet)
  }

  /** A packet that was taken off a network goes back onto it. Nothing, where the probe has left it meanwhile. */
  onto(network: string, packet: Packet): NodeOutput[] {
    const port = this.#ports.find(each => each.port === network)
    return port === undefined ? [] : this.#pieces(port, packet)
  }

  #pieces(port: PortOptions, { id, copy, bytes }: Packet): NodeOutput[] {
    const to = ipDestination(bytes)
    const near = port.onlink === 'all' || port.addresses.some(own => sameNetwork(own.address, to, own.length))
    const via = near ? undefined : port.gateways.find(each => each.length === to.length)
    const pieces = to.length === 4 ? fragmentIpv4(bytes, port.mtu) : fragmentIpv6(bytes, port.mtu, this.#sent)
    return pieces.map(piece => ({ kind: 'packet', port: port.port, packet: { id, copy, bytes: piece }, via }) as const)
  }

  #portFor(destination: Address): PortOptions {
    const able = this.#ports.filter(port => port.addresses.some(own => own.address.length === destination.length))
    const near = able.find(port =>
      port.addresses.some(
        own => own.length < own.address.length * 8 && sameNetwork(own.address, destination, own.length),
      ),
    )
    const port = near ?? able.find(each => each.onlink === 'all') ?? able[0]
    if (port === undefined) throw new Error('the probe has no address of that family')
    return port
  }
}

/** The UDP datagram in a whole, well-formed IP packet. */
export function readDatagram(packet: Uint8Array): (Arrival & { readonly to: Endpoint }) | undefined {
  if (checkIp(packet) !== undefined || isFragment(packet) || ipProtocol(packet) !== PROTOCOL_UDP) return undefined
  const segment = transportPayload(packet)
  if (segment.length < 8) return undefined
  return {
    message: udpPayload(segment),
    from: { address: Uint8Array.from(ipSource(packet)), port: udpSourcePort(segment) },
    to: { address: Uint8Array.from(ipDestination(packet)), port: udpDestinationPort(segment) },
  }
}

/** An ICMP error about a UDP datagram: where that one went, and what is said of it. */
export function readRefusal(packet: Uint8Array): { readonly to: Endpoint; readonly error: string } | undefined {
  if (checkIp(packet) !== undefined || isFragment(packet)) return undefined
  if (ipProtocol(packet) !== icmpProtocol(ipSource(packet))) return undefined
  const message = transportPayload(packet)
  const error = icmpError(message, ipVersion(packet) === 4 ? 4 : 6)
  const quote = icmpQuote(message)
  const at = error === undefined ? undefined : quotedTransportOffset(quote)
  if (error === undefined || at === undefined || ipProtocol(quote) !== PROTOCOL_UDP) return undefined
  const port = udpDestinationPort(quote.subarray(at))
  return { to: { address: Uint8Array.from(ipDestination(quote)), port }, error: error.kind }
}

/** The plaintext that a `data` act asks for. Throws an Error on addresses that do not go together. */
export function innerOf(payload: DataAct['payload']): Uint8Array {
  if (payload === 'keepalive') return new Uint8Array(0)
  if ('hex' in payload) return hexBytes(payload.hex)
  const [source, destination] = [parsePrefix(payload.from)?.address, parsePrefix(payload.ping)?.address]
  if (source === undefined || destination === undefined || source.length !== destination.length) {
    throw new Error(`ping: no two addresses of one family: ${payload.from}, ${payload.ping}`)
  }
  const echo = { source, destination, reply: false, id: 1, sequence: 1, payload: new Uint8Array(payload.size ?? 56) }
  return buildIp({ source, destination, protocol: icmpProtocol(source), payload: buildIcmpEcho(echo) })
}

/** Throws an Error on text that is none. */
export function endpointOf(text: string): Endpoint {
  const endpoint = parseEndpoint(text)
  if (endpoint === undefined) throw new Error(`"${text}" is no address:port`)
  return endpoint
}

function sameNetwork(a: Address, b: Address, length: number): boolean {
  return a.length === b.length && addressInPrefix(b, { address: a, length })
}
