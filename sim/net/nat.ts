/**
 * A NAT in the words of RFC 4787. START HERE; then nat-ipv4.ts (what is translated; nat-icmp.ts errors,
 * nat-edge.ts all that is not addresses and ports), nat6.ts (IPv6: filtered, or translated), nat64.ts and clat.ts (between both),
 * nat-bindings.ts (what gets a mapping), nat-table.ts (mappings and sessions; nat-life.ts their times, nat-room.ts how many
 * there may be, nat-outer.ts shared ports), nat-ports.ts, nat-blocks.ts and nat-pooling.ts (which outer end).
 * It forwards as a router does: TTL, MTU, ICMP errors of its own. Fragments are put together before they are translated.
 */
import { type Instant, later, NEVER, type Random } from '../../impl/box.ts'
import { parseAddress, parsePrefix } from '../../impl/ip/address.ts'
import { checkIp, ipVersion, isFragment } from '../../impl/ip/packet.ts'
import { resolveNat } from '../../scenarios/language/nat-parameters.ts'
import { durationNs } from '../../scenarios/language/quantity.ts'
import type { StepOf } from '../../scenarios/language/step.ts'
import type { Attachment, Nat as NatSpec } from '../../scenarios/language/topology.ts'
import type { Node, NodeInput, NodeOutput, Packet } from '../node.ts'
import { Clat } from './clat.ts'
import { Bindings } from './nat-bindings.ts'
import { NatEdge } from './nat-edge.ts'
import { FragmentOrder } from './nat-fragments.ts'
import { Translator } from './nat-ipv4.ts'
import { endText, type NatState, Sides } from './nat-state.ts'
import { type Gone, type Mapping, NatTable } from './nat-table.ts'
import { Nat6 } from './nat6.ts'
import { Nat64 } from './nat64.ts'
import { earlier, Outbox } from './outbox.ts'
import { IPV4_REASSEMBLY, type Reassembled, Reassembly } from './reassembly.ts'
import { Ports } from './router.ts'
import { type Arrival, Transit } from './transit.ts'

export interface NatOptions {
  readonly name: string
  readonly random: Random
  /** Its `inside` and `outside` say by name which port lies where; their addresses come with `attach`. */
  readonly spec: NatSpec
}

export class Nat implements Node {
  readonly #state: NatState
  readonly #bindings: Bindings
  readonly #translator: Translator
  readonly #six: Nat6
  readonly #nat64: Nat64 | undefined
  readonly #clat: Clat | undefined
  readonly #reassembly: Reassembly
  readonly #order: FragmentOrder | undefined
  /** Switched off until then; undefined: it is on. */
  #off: Instant | undefined

  constructor(options: NatOptions) {
    const { name, random, spec } = options
    const out = new Outbox(name)
    const ports = new Ports([], new Set(Object.keys(spec.outside)))
    // The inside first: of two equal prefixes the inner one is the way.
    for (const port of [...Object.keys(spec.inside), ...Object.keys(spec.outside)]) {
      ports.handle({ kind: 'mtu', port, mtu: 1500 })
    }
    const sides = new Sides(ports, spec)
    const parameters = resolveNat(spec)
    const ended = (now: Instant, mapping: Mapping, why: Gone): void => this.#ended(now, mapping, why)
    const table = new NatTable(parameters, random.split('lifetime'), ended)
    const transit = new Transit(out, sides, { ...spec, icmp: true })
    this.#state = { spec, parameters, out, transit, ports, sides, table, edge: new NatEdge(spec) }
    this.#bindings = new Bindings(this.#state, random)
    this.#translator = new Translator(this.#state, this.#bindings)
    const ended6 = (now: Instant, mapping: Mapping, why: Gone): void => this.#ended(now, mapping, why, this.#six)
    this.#six = new Nat6(this.#state, this.#bindings, random, ended6)
    this.#nat64 = spec.nat64 === undefined ? undefined : new Nat64(this.#state, this.#bindings, spec.nat64)
    this.#clat = spec.clat === undefined ? undefined : new Clat(this.#state, spec.clat)
    const { fragment_order: order = 'joined', fragment_timeout: wait } = spec
    const wait_ns = wait === undefined ? undefined : durationNs(wait)
    this.#reassembly = new Reassembly(wait_ns === undefined ? {} : { ipv4_ns: wait_ns, ipv6_ns: wait_ns })
    this.#order =
      order === 'joined'
        ? undefined
        : new FragmentOrder(this.#state, this.#translator, order, wait_ns ?? IPV4_REASSEMBLY)
  }

  handleInput(now: Instant, input: NodeInput): void {
    this.#expire(now)
    switch (input.kind) {
      case 'packet':
        this.#packet(now, input.port, input.packet)
        return
      case 'step':
        if (input.step.do === 'nat' && input.step.nat === this.#state.out.name) this.#step(now, input.step)
        return
      case 'attach':
      case 'detach':
      case 'mtu':
        this.#state.ports.handle(input)
        if (input.kind !== 'mtu') this.#withdraw(now)
        return
    }
  }

  handleTimeout(now: Instant): void {
    this.#expire(now)
  }

  pollOutput(): NodeOutput | undefined {
    return this.#state.out.poll()
  }

  pollTimeout(): Instant {
    return earlier(this.#off ?? NEVER, earlier(this.#mappingDeadline(), this.#fragmentDeadline()))
  }

  /** Fragments that wait for others. */
  *holding(): Generator<Packet> {
    yield* this.#reassembly.held()
    if (this.#order !== undefined) yield* this.#order.held()
  }

  timeoutReason(): string {
    if (this.#off !== undefined) return 'it is switched on again'
    const mappings = this.#mappingDeadline() <= this.#fragmentDeadline()
    return mappings ? 'a mapping may have been idle for too long' : 'fragments are given up'
  }

  #mappingDeadline(): Instant {
    const { edge, table } = this.#state
    const mappings = earlier(table.deadline(), this.#six.deadline())
    return edge.forwards.size === 0 ? mappings : earlier(mappings, edge.forwards.deadline())
  }

  #fragmentDeadline(): Instant {
    return earlier(this.#reassembly.deadline(), this.#order?.deadline() ?? NEVER)
  }

  #packet(now: Instant, port: string, packet: Packet): void {
    const { edge, out, parameters, transit } = this.#state
    if (this.#off !== undefined) {
      out.drop(now, packet, 'nat-off')
      return
    }
    const broken = checkIp(packet.bytes)
    if (broken !== undefined) {
      out.drop(now, packet, 'bad-packet', broken)
      return
    }
    const arrival = { port, packet }
    if (!edge.admits(now, arrival, transit)) return
    if (!isFragment(packet.bytes)) {
      this.#whole(now, arrival, [arrival])
      return
    }
    if (parameters.fragments === 'drop') {
      out.drop(now, packet, 'fragment-dropped')
      return
    }
    if (this.#order !== undefined && ipVersion(packet.bytes) === 4) {
      this.#order.handle(now, port, packet)
      return
    }
    const result = this.#reassembly.add(now, packet)
    switch (result.kind) {
      case 'held':
        return
      case 'dropped':
        for (const piece of result.packets) out.drop(now, piece, result.reason)
        return
      case 'whole':
        this.#joined(now, port, result)
        return
    }
  }

  #joined(now: Instant, port: string, whole: Extract<Reassembled, { kind: 'whole' }>): void {
    const { packet, pieces, largest } = whole
    const arrivals = pieces.map(piece => ({ port, packet: piece }))
    this.#whole(now, { port, packet, largest }, arrivals)
  }

  /** `pieces`: the fragments that it came in, or itself. */
  #whole(now: Instant, arrival: Arrival, pieces: readonly Arrival[]): void {
    const { ports, sides } = this.#state
    const { bytes } = arrival.packet
    const inside = !sides.isOutside(arrival.port)
    const own = this.#clat === undefined || ports.ownerOf(bytes) !== undefined
    if (ipVersion(bytes) === 4) {
      if (!own && inside && this.#clat?.outwards(now, arrival) === true) return
      this.#translator.handle(now, arrival)
      return
    }
    if (!inside && this.#clat?.inwards(now, arrival) === true) return
    if (inside && this.#nat64?.outwards(now, arrival) === true) return
    this.#six.handle(now, arrival, pieces)
  }

  #step(now: Instant, step: StepOf<'nat'>): void {
    const { edge, out } = this.#state
    const host = step.inside === undefined ? undefined : parseAddress(step.inside)
    if (step.flush === true || step.off !== undefined) {
      this.#bindings.flush(now, step.ports, host)
      this.#six.flush(now, step.ports, host)
      if (host === undefined) edge.clear()
    }
    if (step.map !== undefined) out.note(now, `port mapping: ${edge.forwards.request(now, step.map)}`)
    if (step.off !== undefined) {
      this.#off = later(now, durationNs(step.off))
      for (const packet of [...this.#reassembly.clear(), ...(this.#order?.clear() ?? [])])
        out.drop(now, packet, 'nat-off')
      out.note(now, `switched off for ${step.off}`)
    }
    for (const [port, attachment] of Object.entries(step.outside ?? {})) {
      this.#state.ports.handle({ kind: 'attach', port, ...this.#ends(port, attachment) })
    }
    if (step.rebind !== undefined) this.#bindings.rebind(now, step.rebind, host)
    this.#withdraw(now)
  }

  /** Ends the mappings whose outside address the NAT has no longer. */
  #withdraw(now: Instant): void {
    const { ports, sides, table } = this.#state
    table.drop(now, 'withdrawn', ({ outside }) => {
      if (outside.address.length !== 4) return false
      const owner = ports.owner(outside.address)
      return owner === undefined || !sides.isOutside(owner)
    })
  }

  #ends(port: string, attachment: Attachment): Pick<NodeInput & { kind: 'attach' }, 'addresses' | 'gateways'> {
    const ends = typeof attachment === 'string' || Array.isArray(attachment) ? { address: attachment } : attachment
    const addresses = list(ends.address).map(text => {
      const prefix = parsePrefix(text)
      if (prefix === undefined)
        throw new RangeError(`${this.#state.out.name}: not an address: "${text}" (write 203.0.113.5)`)
      return prefix
    })
    const known = this.#state.ports.port(port)?.gateways ?? []
    const gateways = ends.gateway === undefined ? known : list(ends.gateway).flatMap(text => parseAddress(text) ?? [])
    return { addresses, gateways }
  }

  #expire(now: Instant): void {
    const { edge, out, table } = this.#state
    if (this.#off !== undefined && this.#off <= now) {
      this.#off = undefined
      out.note(now, 'switched on again')
    }
    table.expire(now)
    this.#six.expire(now)
    if (edge.forwards.size > 0) for (const over of edge.forwards.expire(now)) out.note(now, over)
    this.#order?.expire(now)
    for (const { packets } of this.#reassembly.expire(now)) {
      for (const packet of packets) out.drop(now, packet, 'reassembly-timeout')
    }
  }

  #ended(now: Instant, mapping: Mapping, why: Gone, owner: Pick<Bindings, 'released'> = this.#bindings): void {
    const { protocol, inside, outside } = mapping
    const translated = inside !== outside
    if (translated) owner.released(now, mapping)
    const what = translated ? ` is no longer ${endText(outside)} outside` : ' may no longer be answered'
    this.#state.out.note(now, `${protocol} ${endText(inside)}${what}: ${why}`)
  }
}

function list(texts: string | readonly string[]): readonly string[] {
  return typeof texts === 'string' ? [texts] : texts
}
