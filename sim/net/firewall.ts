/**
 * The stateful firewall of a host, as nf_conntrack follows UDP and ICMP: what comes in has to answer something that went
 * out, or go to a WireGuard port. It sees whole datagrams: fragments are put together before, as Linux does.
 */
import { type Instant, NS_PER_S } from '../../impl/box.ts'
import { ipDestination, ipSource } from '../../impl/ip/packet.ts'
import type { NetDrop } from './drops.ts'
import { type Contents, contentsOf, endKey, type Quoted } from './flow.ts'

/** net.netfilter.nf_conntrack_udp_timeout, ns. */
export const UDP_UNREPLIED = 30 * NS_PER_S
/** net.netfilter.nf_conntrack_udp_timeout_stream, ns: with answers, and two seconds after the first packet. */
export const UDP_STREAM = 120 * NS_PER_S
const STREAM_AFTER = 2 * NS_PER_S
/** net.netfilter.nf_conntrack_tcp_timeout_syn_sent and _established, ns. */
export const TCP_UNREPLIED = 120 * NS_PER_S
export const TCP_ESTABLISHED = 432_000 * NS_PER_S
/** net.netfilter.nf_conntrack_icmp_timeout, ns. */
export const ICMP_TIMEOUT = 30 * NS_PER_S
/** net.netfilter.nf_conntrack_generic_timeout, ns. */
export const GENERIC_TIMEOUT = 600 * NS_PER_S

interface Flow {
  readonly began: Instant
  /** Who sent its first packet. */
  readonly origin: 'out' | 'in'
  readonly kind: 'udp' | 'tcp' | 'icmp' | 'generic'
  replied: boolean
  /** The first instant at which it is forgotten. */
  until: number
}

const NO_PORTS: ReadonlySet<number> = new Set()

export class StatefulFirewall {
  /** By protocol, local end and remote end. */
  readonly #flows = new Map<string, Flow>()
  #sweepAt = 256

  /** A whole, sound packet leaves the host. */
  outbound(now: Instant, packet: Uint8Array): void {
    const contents = contentsOf(packet)
    const key = keyOf(packet, contents, 'out')
    if (key !== undefined) this.#follow(now, key, kindOf(contents), 'out')
  }

  /**
   * A whole, sound packet comes in: undefined when it may. `listenPorts` are those of WireGuard interfaces and of the
   * services of the host, `tcpPorts` those of its services.
   */
  inbound(
    now: Instant,
    packet: Uint8Array,
    listenPorts: ReadonlySet<number>,
    tcpPorts: ReadonlySet<number> = NO_PORTS,
  ): undefined | NetDrop {
    const contents = contentsOf(packet)
    if (contents.kind === 'error') return this.#isRelated(now, contents.about) ? undefined : 'firewall'
    const key = keyOf(packet, contents, 'in')
    if (key === undefined) return 'firewall'
    const known = this.#flow(now, key) !== undefined
    const listened =
      (contents.kind === 'udp' && listenPorts.has(contents.destinationPort)) ||
      (contents.kind === 'tcp' && tcpPorts.has(contents.destinationPort))
    if (!known && !listened) return 'firewall'
    this.#follow(now, key, kindOf(contents), 'in')
    return undefined
  }

  #flow(now: Instant, key: string): Flow | undefined {
    const flow = this.#flows.get(key)
    if (flow === undefined || now < flow.until) return flow
    this.#flows.delete(key)
    return undefined
  }

  #follow(now: Instant, key: string, kind: Flow['kind'], direction: 'out' | 'in'): void {
    const known = this.#flow(now, key)
    if (known === undefined) this.#sweep(now)
    const flow = known ?? { began: now, origin: direction, kind, replied: false, until: 0 }
    this.#flows.set(key, flow)
    flow.until = now + lifeOf(flow, now)
    // The first answer still counts as unreplied itself, as in nf_conntrack_udp_packet.
    if (direction !== flow.origin) flow.replied = true
  }

  /** RELATED: the error is about a packet of a flow. It refreshes nothing. */
  #isRelated(now: Instant, about: Quoted | undefined): boolean {
    if (about === undefined) return false
    const { protocol, source, destination, sourcePort, destinationPort } = about
    return this.#flow(now, flowKey(protocol, source, sourcePort, destination, destinationPort)) !== undefined
  }

  /** Forgets what is over, each time there is twice as much as was left. */
  #sweep(now: Instant): void {
    if (this.#flows.size < this.#sweepAt) return
    for (const [key, flow] of this.#flows) if (now >= flow.until) this.#flows.delete(key)
    this.#sweepAt = Math.max(256, this.#flows.size * 2)
  }
}

function lifeOf(flow: Flow, now: Instant): number {
  switch (flow.kind) {
    case 'udp':
      return flow.replied && now > flow.began + STREAM_AFTER ? UDP_STREAM : UDP_UNREPLIED
    case 'tcp':
      return flow.replied ? TCP_ESTABLISHED : TCP_UNREPLIED
    case 'icmp':
      return ICMP_TIMEOUT
    case 'generic':
      return GENERIC_TIMEOUT
  }
}

function kindOf({ kind }: Contents): Flow['kind'] {
  return kind === 'udp' || kind === 'tcp' ? kind : kind === 'echo' ? 'icmp' : 'generic'
}

/** Undefined for ICMP errors, which belong to the flow they are about, and for an echo that starts nothing and answers nothing. */
function keyOf(packet: Uint8Array, contents: Contents, direction: 'out' | 'in'): string | undefined {
  const out = direction === 'out'
  const local = out ? ipSource(packet) : ipDestination(packet)
  const remote = out ? ipDestination(packet) : ipSource(packet)
  switch (contents.kind) {
    case 'udp':
    case 'tcp': {
      const { kind, sourcePort, destinationPort } = contents
      return out
        ? flowKey(kind, local, sourcePort, remote, destinationPort)
        : flowKey(kind, local, destinationPort, remote, sourcePort)
    }
    case 'echo':
      // A request out and its reply in are one flow.
      return contents.reply === out ? undefined : flowKey('icmp', local, contents.id, remote, 0)
    case 'error':
      return undefined
    case 'other':
      return flowKey(`${contents.protocol}`, local, 0, remote, 0)
  }
}

function flowKey(
  protocol: string,
  local: Uint8Array,
  localPort: number,
  remote: Uint8Array,
  remotePort: number,
): string {
  return `${protocol} ${endKey(local, localPort)} ${endKey(remote, remotePort)}`
}
