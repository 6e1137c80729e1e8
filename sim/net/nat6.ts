/** The IPv6 side of a NAT as a whole: a filter, a filter with another prefix outside (NPTv6), or masquerading (NAT66). */
import { type Instant, NEVER, type Random } from '../../impl/box.ts'
import { parsePrefix } from '../../impl/ip/address.ts'
import { icmpQuote } from '../../impl/ip/icmp.ts'
import { ipDestination, ipSource, transportPayload } from '../../impl/ip/packet.ts'
import { rewriteDestination, rewriteQuote, rewriteSource } from '../../impl/ip/rewrite.ts'
import { resolveNat } from '../../scenarios/language/nat-parameters.ts'
import type { Nat as NatSpec } from '../../scenarios/language/topology.ts'
import { contentsOf } from './flow.ts'
import { Bindings } from './nat-bindings.ts'
import { Translator } from './nat-ipv4.ts'
import { Filter6, type PrefixMap } from './nat-ipv6.ts'
import type { NatState } from './nat-state.ts'
import { type Gone, type Mapping, NatTable } from './nat-table.ts'
import { npt, type PrefixPair } from './nptv6.ts'
import type { Arrival } from './transit.ts'

export class Nat6 {
  /** Of its own where IPv6 has times or rules of its own, else that of IPv4. */
  readonly table: NatTable
  readonly #own: boolean
  readonly #bindings: Bindings
  readonly #translator: Translator | undefined
  readonly #filter: Filter6

  constructor(
    shared: NatState,
    bindings: Bindings,
    random: Random,
    ended: (now: Instant, mapping: Mapping, why: Gone) => void,
  ) {
    const { spec } = shared
    const own = parametersOf(spec)
    this.#own = own !== undefined
    this.table = own === undefined ? shared.table : new NatTable(own, random.split('ipv6'), ended)
    const state = own === undefined ? shared : { ...shared, parameters: own, table: this.table }
    this.#bindings = own === undefined ? bindings : new Bindings(state, random.split('ipv6'))
    const { translate = 'none' } = spec.ipv6 ?? {}
    this.#translator = translate === 'masquerade' ? new Translator(state, this.#bindings) : undefined
    this.#filter = new Filter6(state, translate === 'prefix' ? prefixMap(spec) : undefined)
  }

  /** A whole, sound IPv6 packet, and the pieces it came in. */
  handle(now: Instant, arrival: Arrival, pieces: readonly Arrival[]): void {
    if (this.#translator === undefined) this.#filter.handle(now, arrival, pieces)
    else this.#translator.handle(now, arrival)
  }

  expire(now: Instant): void {
    if (this.#own) this.table.expire(now)
  }

  deadline(): Instant {
    return this.#own ? this.table.deadline() : NEVER
  }

  /** What has a table of its own is told of what is done to it by name. */
  flush(now: Instant, ports: 'same' | 'other' | undefined, host: Uint8Array | undefined): void {
    if (this.#own) this.#bindings.flush(now, ports, host)
  }

  /** The mapping is over: its port is free. */
  released(now: Instant, mapping: Mapping): void {
    this.#bindings.released(now, mapping)
  }
}

/** Undefined: IPv6 goes by the rules of IPv4. */
function parametersOf(spec: NatSpec): ReturnType<typeof resolveNat> | undefined {
  const { filtering, timeout, timeout_unreplied: unreplied } = spec.ipv6 ?? {}
  if (filtering === undefined && timeout === undefined && unreplied === undefined) return undefined
  const parameters = resolveNat(spec)
  const long = timeout ?? parameters.timeout
  const short = unreplied ?? timeout ?? parameters.timeout_unreplied
  const times = { timeout: long, timeout_stream: long, timeout_unreplied: short, timeout_first: short }
  return { ...parameters, ...times, filtering: filtering ?? parameters.filtering }
}

function prefixMap(spec: NatSpec): PrefixMap {
  const { inside = '', outside = '' } = spec.ipv6?.prefixes ?? {}
  const [inner, outer] = [parsePrefix(inside), parsePrefix(outside)]
  if (inner === undefined || outer === undefined)
    throw new RangeError(`no prefixes to translate: "${inside}" and "${outside}" (write fd00::/48 and 2001:db8:1::/48)`)
  const pair = { inside: inner, outside: outer }
  return { outwards: packet => outwards(pair, packet), inwards: packet => inwards(pair, packet) }
}

/** Also in the packet that an error quotes, which the inside got: its destination is the inner end. */
function outwards(pair: PrefixPair, packet: Uint8Array): boolean {
  const source = npt(pair, ipSource(packet), 'out')
  if (source === undefined) return false
  if (contentsOf(packet).kind === 'error') {
    const quoted = npt(pair, ipDestination(icmpQuote(transportPayload(packet))), 'out')
    if (quoted !== undefined) rewriteQuote(packet, 'destination', quoted)
  }
  rewriteSource(packet, source)
  return true
}

function inwards(pair: PrefixPair, packet: Uint8Array): boolean {
  const destination = npt(pair, ipDestination(packet), 'in')
  if (destination === undefined) return false
  if (contentsOf(packet).kind === 'error') {
    const quoted = npt(pair, ipSource(icmpQuote(transportPayload(packet))), 'in')
    if (quoted !== undefined) rewriteQuote(packet, 'source', quoted)
  }
  rewriteDestination(packet, destination)
  return true
}
