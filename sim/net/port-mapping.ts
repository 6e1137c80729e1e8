/** Ports that a NAT forwards to the inside: by hand, or because somebody asked (UPnP, NAT-PMP, PCP), for the time of a lease. */
import { type Instant, later, NEVER } from '../../impl/box.ts'
import { parseEndpoint } from '../../impl/ip/address.ts'
import type { MapRequest, NatEdgeSpec } from '../../scenarios/language/nat-edge.ts'
import { durationNs } from '../../scenarios/language/quantity.ts'
import { type End, endKey } from './flow.ts'
import { endText } from './nat-state.ts'

type Protocol = 'udp' | 'tcp'
type Spec = NonNullable<NatEdgeSpec['forward']>[number]

interface Forward {
  readonly protocol: Protocol
  readonly port: number
  readonly inside: End
  /** The first instant at which it is gone; NEVER: made by hand, or without a lease. */
  readonly until: Instant
  readonly byHand: boolean
}

export class PortMappings {
  /** By protocol and outside port. */
  readonly #forwards = new Map<string, Forward>()
  /** By protocol and inner end. */
  readonly #inner = new Map<string, Forward>()

  constructor(specs: readonly Spec[]) {
    for (const spec of specs) this.#add({ ...read(spec), until: NEVER, byHand: true })
  }

  /** Whether there is anything to ask. */
  get size(): number {
    return this.#forwards.size
  }

  /** Grants a request, or pretends to: what the NAT says of it. */
  request(now: Instant, spec: MapRequest): string {
    const wanted = read(spec)
    const { protocol, port, inside } = wanted
    const holder = this.#at(now, protocol, port)
    const what = `${protocol} port ${port} is ${endText(inside)} inside`
    if (holder !== undefined && (holder.byHand || !sameEnd(holder.inside, inside))) {
      return `refused: ${protocol} port ${port} is ${endText(holder.inside)} inside already`
    }
    const until = spec.lease === undefined ? NEVER : later(now, durationNs(spec.lease))
    const long = spec.lease === undefined ? '' : ` for ${spec.lease}`
    if (spec.lie === 'nothing') return `says that ${what}${long}, and does nothing`
    const real = spec.lie === 'other-port' ? (port === 65_535 ? port - 1 : port + 1) : port
    if (holder !== undefined) this.#remove(holder)
    this.#add({ protocol, port: real, inside, until, byHand: false })
    return spec.lie === undefined ? `${what}${long}` : `says that ${what}${long}, and means port ${real}`
  }

  /** The inner end of an outside port. */
  inbound(now: Instant, protocol: string, port: number): End | undefined {
    if (this.#forwards.size === 0) return undefined
    return this.#at(now, protocol, port)?.inside
  }

  /** The outside port of an inner end. */
  outbound(now: Instant, protocol: string, inside: End): number | undefined {
    if (this.#inner.size === 0) return undefined
    const forward = this.#inner.get(innerKey(protocol, inside))
    return forward !== undefined && forward.until > now ? forward.port : undefined
  }

  /** Ends the leases that are over: each in words. */
  expire(now: Instant): readonly string[] {
    if (this.deadline() > now) return []
    const over = [...this.#forwards.values()].filter(({ until }) => until <= now)
    for (const forward of over) this.#remove(forward)
    return over.map(({ protocol, port }) => `the lease of ${protocol} port ${port} is over`)
  }

  deadline(): Instant {
    let first = NEVER
    for (const { until } of this.#forwards.values()) if (until < first) first = until
    return first
  }

  /** As after a reboot, or a new epoch (RFC 6886 §3.6, RFC 6887 §8.5): what was asked for is forgotten, without a word. */
  clear(): void {
    for (const forward of [...this.#forwards.values()]) if (!forward.byHand) this.#remove(forward)
  }

  #at(now: Instant, protocol: string, port: number): Forward | undefined {
    const forward = this.#forwards.get(`${protocol} ${port}`)
    return forward !== undefined && forward.until > now ? forward : undefined
  }

  #add(forward: Forward): void {
    this.#forwards.set(`${forward.protocol} ${forward.port}`, forward)
    this.#inner.set(innerKey(forward.protocol, forward.inside), forward)
  }

  #remove(forward: Forward): void {
    const { protocol, port, inside } = forward
    if (this.#forwards.get(`${protocol} ${port}`) === forward) this.#forwards.delete(`${protocol} ${port}`)
    if (this.#inner.get(innerKey(protocol, inside)) === forward) this.#inner.delete(innerKey(protocol, inside))
  }
}

function read(spec: Spec): Pick<Forward, 'protocol' | 'port' | 'inside'> {
  const inside = parseEndpoint(spec.to)
  if (inside === undefined) throw new RangeError(`not an inner end: "${spec.to}" (write 192.168.1.10:51820)`)
  return { protocol: spec.protocol ?? 'udp', port: spec.port, inside }
}

function innerKey(protocol: string, { address, port }: End): string {
  return `${protocol} ${endKey(address, port)}`
}

function sameEnd(a: End, b: End): boolean {
  return endKey(a.address, a.port) === endKey(b.address, b.port)
}
