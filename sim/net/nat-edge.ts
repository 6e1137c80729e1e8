/** What a NAT does to packets besides giving them another end: rules, gateways for applications, checksums, forwarded ports. */
import type { Instant } from '../../impl/box.ts'
import { get16, set16 } from '../../impl/ip/bytes.ts'
import { checksum, pseudoHeaderSum } from '../../impl/ip/checksum.ts'
import { PROTOCOL_UDP } from '../../impl/ip/ipv4.ts'
import {
  ipDestination,
  ipLength,
  ipProtocol,
  ipSource,
  ipVersion,
  isFragment,
  transportOffset,
} from '../../impl/ip/packet.ts'
import { rewriteDestination, rewriteSource } from '../../impl/ip/rewrite.ts'
import { UDP_HEADER } from '../../impl/ip/udp.ts'
import type { NatEdgeSpec } from '../../scenarios/language/nat-edge.ts'
import { Algs } from './alg.ts'
import type { NetDrop } from './drops.ts'
import type { End } from './flow.ts'
import { Gate } from './gate.ts'
import { PortMappings } from './port-mapping.ts'
import type { Arrival, Transit } from './transit.ts'

export class NatEdge {
  readonly algs: Algs
  readonly forwards: PortMappings
  readonly errors: NonNullable<NatEdgeSpec['icmp_errors']>
  readonly #gate: Gate | undefined
  readonly #checksums: NonNullable<NatEdgeSpec['checksums']>
  readonly #watches: boolean
  #fragment = 0

  constructor(spec: NatEdgeSpec) {
    this.algs = new Algs(spec.alg ?? [])
    this.forwards = new PortMappings(spec.forward ?? [])
    this.errors = spec.icmp_errors ?? 'translate'
    this.#gate = spec.block === undefined && spec.police === undefined ? undefined : new Gate(spec)
    this.#checksums = spec.checksums ?? 'update'
    this.#watches = spec.alg !== undefined || this.#checksums === 'refuse-none'
  }

  /** Whether the rules let a sound packet in at all; when not it is dropped. */
  admits(now: Instant, arrival: Arrival, transit: Transit): boolean {
    const refused = this.#gate?.refuses(now, arrival.packet.bytes)
    if (refused === undefined) return true
    const error = refused.reject ? ({ kind: 'prohibited' } as const) : undefined
    transit.refuse(now, arrival, refused.reason, error, refused.detail)
    return false
  }

  /** Why a packet of a flow is not translated, or undefined. */
  refuses(
    now: Instant,
    packet: Uint8Array,
    inside: End,
    remote: End,
  ): { reason: NetDrop; detail?: string } | undefined {
    if (!this.#watches) return undefined
    const detail = this.algs.refuses(now, packet, inside, remote)
    if (detail !== undefined) return { reason: 'alg-refused', detail }
    return this.#checksums === 'refuse-none' && udpChecksum(packet) === 0
      ? { reason: 'udp-checksum-missing' }
      : undefined
  }

  /** The inner end becomes the outer one, in a packet that is the NAT's own copy. */
  outwards(packet: Uint8Array, inside: End, outside: End): void {
    const before = this.#checksums === 'update' ? undefined : udpChecksum(packet)
    rewriteSource(packet, outside.address, outside.port)
    this.algs.rewrite(packet, inside.address, outside.address)
    if (before !== undefined) this.#settle(packet, before)
  }

  /** The outer end becomes the inner one. */
  inwards(packet: Uint8Array, outside: End, inside: End): void {
    const before = this.#checksums === 'update' ? undefined : udpChecksum(packet)
    rewriteDestination(packet, inside.address, inside.port)
    this.algs.rewrite(packet, outside.address, inside.address)
    if (before !== undefined) this.#settle(packet, before)
  }

  /** The identification of the next IPv6 packet that is cut here. */
  nextFragment(): number {
    this.#fragment = (this.#fragment + 1) >>> 0
    return this.#fragment
  }

  /** As after a reboot. */
  clear(): void {
    this.algs.clear()
    this.forwards.clear()
  }

  #settle(packet: Uint8Array, before: number): void {
    const at = transportOffset(packet) + 6
    switch (this.#checksums) {
      case 'update':
      case 'refuse-none':
        return
      case 'leave':
        set16(packet, at, before)
        return
      case 'clear':
        if (ipVersion(packet) === 4) set16(packet, at, 0)
        return
      case 'fill':
        if (before === 0 && !isFragment(packet)) fill(packet, at - 6)
        return
    }
  }
}

/** Undefined: it is no UDP, or a later fragment. */
function udpChecksum(packet: Uint8Array): number | undefined {
  const at = transportOffset(packet)
  if (ipProtocol(packet) !== PROTOCOL_UDP || at < 0 || at + UDP_HEADER > ipLength(packet)) return undefined
  return get16(packet, at + 6)
}

function fill(packet: Uint8Array, at: number): void {
  const end = ipLength(packet)
  const pseudo = pseudoHeaderSum(ipSource(packet), ipDestination(packet), PROTOCOL_UDP, end - at)
  set16(packet, at + 6, 0)
  const sum = checksum(packet, at, end, pseudo)
  set16(packet, at + 6, sum === 0 ? 0xffff : sum)
}
