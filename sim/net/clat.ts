/**
 * The customer side of 464XLAT (RFC 6877): IPv4 of the inside goes out as IPv6 to the NAT64 of the provider. Without state:
 * an inner address is embedded in the CLAT's own prefix, a remote one in that of the provider.
 */
import type { Prefix } from '../../impl/api.ts'
import type { Instant } from '../../impl/box.ts'
import { fragmentIpv6 } from '../../impl/ip/fragment.ts'
import { icmpQuote } from '../../impl/ip/icmp.ts'
import { ipv4DontFragment } from '../../impl/ip/ipv4.ts'
import { ipDestination, ipLength, ipSource, ipVersion, transportPayload } from '../../impl/ip/packet.ts'
import type { NatEdgeSpec } from '../../scenarios/language/nat-edge.ts'
import { embed, embeddingPrefix, extract } from './embed.ts'
import { contentsOf } from './flow.ts'
import type { NatState } from './nat-state.ts'
import { type Ends, type Siit, toIpv4, toIpv6 } from './siit.ts'
import type { Arrival, Egress } from './transit.ts'

/** RFC 7915 §4: what is cut for IPv6 fits the least MTU of its links. */
const LEAST_V6 = 1280
/** IPv6 header less IPv4 header. */
const GROWTH = 20
/** A fragment header of IPv6. */
const FRAGMENT_GROWTH = 8

export class Clat {
  readonly #state: NatState
  readonly #plat: Prefix
  readonly #source: Prefix
  #id = 0

  constructor(state: NatState, spec: NonNullable<NatEdgeSpec['clat']>) {
    this.#state = state
    this.#plat = prefixOf(spec.plat)
    this.#source = prefixOf(spec.source)
  }

  /** Takes a whole IPv4 packet of the inside that is not for this box; false: it is none of its business. */
  outwards(now: Instant, arrival: Arrival): boolean {
    const { out, ports, sides, transit } = this.#state
    const { bytes } = arrival.packet
    const local = ports.egressFor(bytes)
    if (local !== undefined && sides.isInside(local.port)) return false
    const ends = { source: embed(this.#source, ipSource(bytes)), destination: embed(this.#plat, ipDestination(bytes)) }
    const egress = ports.egress(ends.destination)
    if (egress === undefined || !sides.isOutside(egress.port)) {
      transit.refuse(now, arrival, 'no-route', { kind: 'no-route' })
      return true
    }
    if (!transit.alive(now, arrival)) return true
    const quoted = quotedEnds(bytes, (address, remote) => embed(remote ? this.#plat : this.#source, address), 'out')
    const siit: Siit = { ends, quoted, mtu: { v4: mtuAt(this.#state, arrival.port), v6: egress.mtu } }
    const packet = toIpv6(transit.aged(arrival.packet).bytes, siit)
    if (packet === undefined) out.drop(now, arrival.packet, 'not-translatable')
    else sendIpv6(this.#state, now, arrival, packet, egress)
    return true
  }

  /** Takes a whole IPv6 packet from the outside; false: it is not for the CLAT's prefix. */
  inwards(now: Instant, arrival: Arrival): boolean {
    const { out, ports, sides, transit } = this.#state
    const { bytes } = arrival.packet
    const destination = extract(this.#source, ipDestination(bytes))
    if (destination === undefined) return false
    const source = extract(this.#plat, ipSource(bytes))
    // RFC 7915 has no IPv4 address for other sources; ICMP errors of routers on the way come from the dummy one (RFC 7600).
    const speaker = source ?? (contentsOf(bytes).kind === 'error' ? Uint8Array.of(192, 0, 0, 8) : undefined)
    const egress = ports.egress(destination)
    if (speaker === undefined) {
      out.drop(now, arrival.packet, 'nat-ipv6-mismatch', 'its source is not in the prefix of the NAT64')
    } else if (egress === undefined || !sides.isInside(egress.port)) {
      transit.refuse(now, arrival, 'no-route', { kind: 'no-route' })
    } else if (transit.alive(now, arrival)) {
      const quoted = quotedEnds(bytes, (address, remote) => extract(remote ? this.#plat : this.#source, address), 'in')
      const mtu = { v4: egress.mtu, v6: mtuAt(this.#state, arrival.port) }
      const ends = { source: speaker, destination }
      const packet = toIpv4(transit.aged(arrival.packet).bytes, { ends, quoted, mtu, id: this.#nextId() })
      if (packet === undefined) out.drop(now, arrival.packet, 'not-translatable')
      else sendIpv4(this.#state, now, arrival, packet, egress)
    }
    return true
  }

  #nextId(): number {
    this.#id = (this.#id + 1) & 0xffff
    return this.#id
  }
}

/** The ends of the packet that an ICMP error quotes, translated; undefined: there is none, or it has no counterpart. */
export function quotedEnds(
  packet: Uint8Array,
  translate: (address: Uint8Array, remote: boolean) => Uint8Array | undefined,
  direction: 'out' | 'in',
): Ends | undefined {
  if (contentsOf(packet).kind !== 'error') return undefined
  const quote = icmpQuote(transportPayload(packet))
  if (quote.length < (ipVersion(packet) === 4 ? 20 : 40)) return undefined
  // An error that goes out is about what came in: its source was the remote one.
  const source = translate(ipSource(quote), direction === 'out')
  const destination = translate(ipDestination(quote), direction === 'in')
  return source === undefined || destination === undefined ? undefined : { source, destination }
}

/**
 * Sends what was IPv4 as IPv6. With DF it must fit, else its sender is told, 20 bytes less; without it is cut here, and
 * the pieces fit the least MTU of IPv6, whatever the next link carries (RFC 7915 §4).
 */
export function sendIpv6(state: NatState, now: Instant, arrival: Arrival, bytes: Uint8Array, egress: Egress): void {
  const { out, transit, edge } = state
  const { packet, largest } = arrival
  const { id, copy } = packet
  const whole = largest === undefined && ipv4DontFragment(packet.bytes)
  if (whole && bytes.length > egress.mtu) {
    transit.tooBig(now, arrival, egress, egress.mtu - GROWTH)
    return
  }
  const came = largest === undefined ? LEAST_V6 : Math.max(LEAST_V6, largest + GROWTH + FRAGMENT_GROWTH)
  const limit = whole ? egress.mtu : Math.min(egress.mtu, came)
  const pieces = bytes.length <= limit ? [bytes] : fragmentIpv6(bytes, limit, edge.nextFragment())
  for (const piece of pieces) out.send(egress.port, { id, copy, bytes: piece }, egress.via)
}

/** Sends what was IPv6 as IPv4: IPv6 is never cut on its way, so its sender is told when it does not fit, 20 bytes more. */
export function sendIpv4(state: NatState, now: Instant, arrival: Arrival, bytes: Uint8Array, egress: Egress): void {
  const { transit } = state
  const { packet, largest } = arrival
  const mayCut = largest !== undefined || !ipv4DontFragment(bytes)
  if (ipLength(bytes) > egress.mtu && !mayCut) {
    transit.tooBig(now, arrival, egress, egress.mtu + GROWTH)
    return
  }
  transit.emit(
    { id: packet.id, copy: packet.copy, bytes },
    egress,
    largest === undefined ? undefined : largest - GROWTH,
  )
}

/** The MTU of the link on this port, bytes. */
export function mtuAt({ ports }: NatState, port: string): number {
  return ports.port(port)?.mtu ?? 1500
}

/** Throws a RangeError: checks have read it before. */
export function prefixOf(text: string): Prefix {
  const prefix = embeddingPrefix(text)
  if (prefix === undefined) throw new RangeError(`not a prefix for IPv4 addresses: "${text}" (write 64:ff9b::/96)`)
  return prefix
}
