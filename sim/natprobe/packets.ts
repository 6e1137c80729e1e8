/** Shots as IP packets, and what arrives as they are told to the measurer. Payloads say which shot they are of. */
import type { Address, Instant } from '../../impl/box.ts'
import { formatAddress, formatEndpoint, parseAddress, parseEndpoint } from '../../impl/ip/address.ts'
import { get16, sameBytes, set16 } from '../../impl/ip/bytes.ts'
import { fragmentIpv4 } from '../../impl/ip/fragment.ts'
import {
  buildIcmpEcho,
  buildIcmpError,
  type IcmpError,
  icmpEcho,
  icmpEchoId,
  icmpEchoSequence,
  icmpError,
  icmpQuote,
} from '../../impl/ip/icmp.ts'
import { ipv4DontFragment, PROTOCOL_ICMP, PROTOCOL_UDP } from '../../impl/ip/ipv4.ts'
import {
  buildIp,
  checkIp,
  checkTransport,
  ipDestination,
  ipProtocol,
  ipSource,
  ipTtl,
  ipVersion,
  isFragment,
  transportPayload,
} from '../../impl/ip/packet.ts'
import { buildUdp, udpChecksum, udpDestinationPort, udpPayload, udpSourcePort } from '../../impl/ip/udp.ts'
import { Reassembly } from '../net/reassembly.ts'
import type { Datagram, EchoShot, IcmpShot, Seen, Shot } from './world.ts'

/** The least: a number and something to compare. */
export const LEAST_PAYLOAD = 16

export class ShotMaker {
  /** By number: what was sent. */
  readonly #payloads = new Map<number, Uint8Array>()
  #seen: Seen[] = []
  #reassembly = new Map<string, Reassembly>()
  #arrivals = 0
  #ids = 0

  /** One, or the fragments of one in the order in which they are to leave. */
  packets(shot: Shot, own: Address): Uint8Array[] {
    switch (shot.kind) {
      case 'udp':
        return this.#datagram(shot, own)
      case 'icmp':
        return [errorPacket(shot, own)]
      case 'echo':
        return [echoPacket(shot, own)]
    }
  }

  /** An IP packet has come to a machine. */
  arrived(now: Instant, at: string, bytes: Uint8Array): void {
    if (ipVersion(bytes) !== 4 || checkIp(bytes) !== undefined) return
    if (!isFragment(bytes)) {
      this.#read(now, at, bytes, 1)
      return
    }
    const reassembly = this.#reassembly.get(at) ?? new Reassembly()
    this.#reassembly.set(at, reassembly)
    const result = reassembly.add(now, { id: { box: at, n: ++this.#arrivals }, copy: 0, bytes })
    if (result.kind === 'whole') this.#read(now, at, result.packet.bytes, result.pieces.length)
  }

  /** What has arrived since it was last asked. */
  take(): readonly Seen[] {
    const seen = this.#seen
    if (seen.length > 0) this.#seen = []
    return seen
  }

  forget(): void {
    this.#payloads.clear()
    this.#reassembly = new Map()
    this.#seen = []
  }

  #datagram(shot: Datagram, own: Address): Uint8Array[] {
    const to = parseEndpoint(shot.to)
    if (to === undefined) throw new RangeError(`not an end: "${shot.to}" (write 192.0.2.1:53)`)
    const payload = payloadOf(shot)
    this.#payloads.set(shot.n, payload)
    const ends = { source: own, destination: to.address }
    const udp = buildUdp({
      ...ends,
      sourcePort: shot.port,
      destinationPort: to.port,
      payload,
      checksum: shot.noChecksum !== true,
    })
    const id = ++this.#ids & 0xffff
    const { ttl = 64, dontFragment = false } = shot
    const packet = buildIp({ ...ends, protocol: PROTOCOL_UDP, ttl, id, dontFragment, payload: udp })
    const { fragments } = shot
    if (fragments === undefined) return [packet]
    const pieces = fragmentIpv4(packet, fragments.size)
    return fragments.order.flatMap(index => pieces[index] ?? [])
  }

  #read(now: Instant, at: string, packet: Uint8Array, pieces: number): void {
    const message = transportPayload(packet)
    const ends = { source: ipSource(packet), destination: ipDestination(packet) }
    const wrong = checkTransport(packet) !== undefined
    const base = { at, t_ns: now, ttl: ipTtl(packet), checksum: wrong ? ('wrong' as const) : ('right' as const) }
    if (ipProtocol(packet) === PROTOCOL_UDP && message.length >= 8) {
      const payload = udpPayload(message)
      const n = payload.length < 2 ? 0 : get16(payload, 0)
      const sent = this.#payloads.get(n)
      this.#seen.push({
        ...base,
        checksum: udpChecksum(message) === 0 ? 'none' : base.checksum,
        kind: 'udp',
        source: endText(ends.source, udpSourcePort(message)),
        destination: endText(ends.destination, udpDestinationPort(message)),
        n,
        size: payload.length,
        intact: sent !== undefined && sameBytes(sent, payload),
        pieces,
        dontFragment: ipv4DontFragment(packet),
        packet,
      })
    } else if (ipProtocol(packet) === PROTOCOL_ICMP) this.#readIcmp(base, ends, message)
  }

  #readIcmp(
    base: Pick<Seen, 'at' | 't_ns' | 'ttl' | 'checksum'>,
    { source, destination }: { readonly source: Address; readonly destination: Address },
    message: Uint8Array,
  ): void {
    const echo = icmpEcho(message, 4)
    if (echo !== undefined) {
      const id = icmpEchoId(message)
      const ends = { source: endText(source, id), destination: endText(destination, id) }
      this.#seen.push({ ...base, ...ends, kind: 'echo', n: icmpEchoSequence(message), reply: echo === 'reply' })
      return
    }
    const error = icmpError(message, 4)
    const quote = icmpQuote(message)
    if (error === undefined || quote.length < 28) return
    this.#seen.push({
      ...base,
      kind: 'icmp',
      source: formatAddress(source),
      destination: formatAddress(destination),
      error: error.kind,
      mtu: error.kind === 'too-big' ? error.mtu : null,
      aboutSource: endText(ipSource(quote), get16(quote, 20)),
      aboutDestination: endText(ipDestination(quote), get16(quote, 22)),
    })
  }
}

/** A number, the text, and bytes that count from the number on. */
function payloadOf({ n, size = LEAST_PAYLOAD, text = '' }: Datagram): Uint8Array {
  const payload = Uint8Array.from({ length: Math.max(size, LEAST_PAYLOAD, 2 + text.length) }, (_, i) => n + i)
  set16(payload, 0, n)
  for (let i = 0; i < text.length; i++) payload[2 + i] = text.charCodeAt(i)
  return payload
}

function errorPacket(shot: IcmpShot, own: Address): Uint8Array {
  const error: IcmpError = shot.error === 'too-big' ? { kind: 'too-big', mtu: shot.mtu ?? 0 } : { kind: shot.error }
  return buildIcmpError({ source: own, error, original: shot.about.packet })
}

function echoPacket(shot: EchoShot, own: Address): Uint8Array {
  const destination = parseAddress(shot.to)
  if (destination === undefined) throw new RangeError(`not an address: "${shot.to}" (write 192.0.2.1)`)
  const { id, n: sequence, reply } = shot
  const payload = buildIcmpEcho({ source: own, destination, id, sequence, reply, payload: new Uint8Array(8) })
  return buildIp({ source: own, destination, protocol: PROTOCOL_ICMP, payload })
}

function endText(address: Address, port: number): string {
  return formatEndpoint({ address, port })
}
