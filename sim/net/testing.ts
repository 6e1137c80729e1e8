/** What the tests of boxes share: packets out of text, a box on a bench, and what leaves it as short lines. */
import { type Box, type Instant, instant } from '../../impl/box.ts'
import { formatAddress, formatEndpoint, parseAddress, parseEndpoint, parsePrefix } from '../../impl/ip/address.ts'
import { get16 } from '../../impl/ip/bytes.ts'
import { buildIcmpEcho, icmpError, icmpProtocol, icmpQuote } from '../../impl/ip/icmp.ts'
import { ipv4DontFragment, ipv4FragmentOffset, ipv4IsFragment } from '../../impl/ip/ipv4.ts'
import {
  buildIp,
  checkIp,
  checkTransport,
  ipDestination,
  ipLength,
  ipProtocol,
  ipSource,
  ipTtl,
  ipVersion,
  isFragment,
  transportPayload,
} from '../../impl/ip/packet.ts'
import { buildUdp } from '../../impl/ip/udp.ts'
import type { InterfaceAddress, Node, NodeInput, NodeOutput, Packet } from '../node.ts'

export interface Extras {
  /** Bytes of UDP or echo payload. Default 0. */
  readonly size?: number
  readonly ttl?: number
  readonly df?: boolean
  readonly id?: number
}

export function address(text: string): Uint8Array {
  const parsed = parseAddress(text)
  if (parsed === undefined) throw new RangeError(`not an address: ${text}`)
  return parsed
}

/** `192.0.2.1/24` */
export function iface(text: string): InterfaceAddress {
  const prefix = parsePrefix(text)
  if (prefix === undefined) throw new RangeError(`not a prefix: ${text}`)
  return prefix
}

/** A UDP packet between two ends as `192.0.2.1:9`. Its payload counts 0, 1, 2 … */
export function udp(from: string, to: string, extras: Extras = {}): Uint8Array {
  const a = parseEndpoint(from)
  const b = parseEndpoint(to)
  if (a === undefined || b === undefined) throw new RangeError(`not an end: ${from} or ${to}`)
  const ends = { source: a.address, destination: b.address }
  const payload = buildUdp({
    ...ends,
    sourcePort: a.port,
    destinationPort: b.port,
    payload: counting(extras.size ?? 0),
  })
  return wrap(ends, 17, payload, extras)
}

export function echo(from: string, to: string, id: number, reply = false, extras: Extras = {}): Uint8Array {
  const ends = { source: address(from), destination: address(to) }
  const payload = buildIcmpEcho({ ...ends, reply, id, sequence: 1, payload: counting(extras.size ?? 0) })
  return wrap(ends, icmpProtocol(ends.source), payload, extras)
}

/** A node, its clock, and the packets it was given. */
export class Bench {
  readonly node: Node
  now = 0 as Instant
  #count = 0

  constructor(node: Node) {
    this.node = node
  }

  attach(port: string, addresses: readonly string[], gateways: readonly string[] = [], mtu = 1500): void {
    this.tell({ kind: 'attach', port, addresses: addresses.map(iface), gateways: gateways.map(address) })
    this.tell({ kind: 'mtu', port, mtu })
  }

  /** Moves the clock, with every deadline on the way: what left the node, as lines. */
  at(ns: number): string[] {
    const lines: string[] = []
    for (let due = this.node.pollTimeout(); due <= ns; due = this.node.pollTimeout()) {
      this.now = due
      this.node.handleTimeout(due)
      lines.push(...drain(this.node).map(line))
    }
    this.now = instant(ns)
    return lines
  }

  tell(input: NodeInput): NodeOutput[] {
    this.node.handleInput(this.now, input)
    return drain(this.node)
  }

  /** What the node makes of a packet. */
  give(port: string, bytes: Uint8Array, via?: string): NodeOutput[] {
    const packet = { id: { box: 'test', n: ++this.#count }, copy: 0, bytes }
    return this.tell({ kind: 'packet', port, packet, via: via === undefined ? undefined : address(via) })
  }

  /** The same as lines, without the notes. */
  lines(port: string, bytes: Uint8Array, via?: string): string[] {
    return this.give(port, bytes, via)
      .map(line)
      .filter(text => !text.startsWith('note'))
  }
}

export function drain<Out>(box: Box<never, Out>): Out[] {
  const outputs: Out[] = []
  for (let output = box.pollOutput(); output !== undefined; output = box.pollOutput()) outputs.push(output)
  return outputs
}

/** One output as a line: `lan: udp 192.0.2.1:9 > 192.0.2.2:7 ttl 63 length 28`. */
export function line(output: NodeOutput): string {
  switch (output.kind) {
    case 'packet': {
      const via = output.via === undefined ? '' : ` via ${formatAddress(output.via)}`
      return `${output.port}: ${packetLine(output.packet.bytes)}${via}`
    }
    case 'row': {
      const { row } = output
      if (row.kind === 'drop') return `drop ${row.reason}`
      if (row.kind === 'hop') return `${row.dir} ${row.packet.box}/${row.packet.n}`
      return row.kind === 'note' ? `note ${row.text}` : row.kind
    }
    case 'secret':
      return 'secret'
  }
}

/** A packet as a line; says so when a checksum is wrong. */
export function packetLine(bytes: Uint8Array): string {
  const wrong = checkIp(bytes) ?? checkTransport(bytes)
  const tail = `ttl ${ipTtl(bytes)} length ${ipLength(bytes)}${wrong === undefined ? '' : ` WRONG: ${wrong}`}`
  return `${transportLine(bytes)} ${tail}`
}

/** The packets among the outputs. */
export function packets(outputs: readonly NodeOutput[]): Packet[] {
  return outputs.flatMap(output => (output.kind === 'packet' ? [output.packet] : []))
}

function transportLine(bytes: Uint8Array): string {
  const source = ipSource(bytes)
  const destination = ipDestination(bytes)
  const hosts = `${formatAddress(source)} > ${formatAddress(destination)}`
  if (isFragment(bytes)) {
    const place = ipVersion(bytes) === 4 && ipv4IsFragment(bytes) ? ` at ${ipv4FragmentOffset(bytes)}` : ''
    return `fragment${place} ${hosts}`
  }
  const message = transportPayload(bytes)
  if (ipProtocol(bytes) === 17) {
    const from = formatEndpoint({ address: source, port: get16(message, 0) })
    const df = ipVersion(bytes) === 4 && ipv4DontFragment(bytes) ? ' df' : ''
    return `udp ${from} > ${formatEndpoint({ address: destination, port: get16(message, 2) })}${df}`
  }
  if (ipProtocol(bytes) !== icmpProtocol(source)) return `protocol ${ipProtocol(bytes)} ${hosts}`
  const error = icmpError(message, source.length === 4 ? 4 : 6)
  if (error === undefined) return `icmp ${message[0]} id ${get16(message, 4)} ${hosts}`
  const mtu = error.kind === 'too-big' ? ` ${error.mtu}` : ''
  return `${error.kind}${mtu} ${hosts} about (${quoteLine(icmpQuote(message))})`
}

/** The packet in an error: its ends alone, and whether its header checksum is right. */
function quoteLine(quote: Uint8Array): string {
  const source = ipSource(quote)
  const destination = ipDestination(quote)
  const at = source.length === 4 ? 20 : 40
  if (ipProtocol(quote) !== 17)
    return `icmp id ${get16(quote, at + 4)} ${formatAddress(source)} > ${formatAddress(destination)}`
  const from = formatEndpoint({ address: source, port: get16(quote, at) })
  return `udp ${from} > ${formatEndpoint({ address: destination, port: get16(quote, at + 2) })}`
}

function wrap(
  ends: { readonly source: Uint8Array; readonly destination: Uint8Array },
  protocol: number,
  payload: Uint8Array,
  extras: Extras,
): Uint8Array {
  const { ttl = 64, df = false, id = 0 } = extras
  return buildIp({ ...ends, protocol, ttl, dontFragment: df, id, payload })
}

function counting(size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, i) => i)
}
