/**
 * IPv4 fragments through a NAT that does not put them together: the first has the ports, the others go where it went. Those
 * that come before it wait, or are dropped, as the NAT is (RFC 4787 §11).
 */
import { type Instant, later, NEVER } from '../../impl/box.ts'
import { get16 } from '../../impl/ip/bytes.ts'
import { ipv4FragmentOffset, ipv4Id, ipv4Protocol } from '../../impl/ip/ipv4.ts'
import { ipDestination, ipSource } from '../../impl/ip/packet.ts'
import { rewriteDestination, rewriteSource, setIpv4Id } from '../../impl/ip/rewrite.ts'
import type { NatEdgeSpec } from '../../scenarios/language/nat-edge.ts'
import type { Packet } from '../node.ts'
import type { Sent, Translator } from './nat-ipv4.ts'
import type { NatState } from './nat-state.ts'

type Order = Exclude<NonNullable<NatEdgeSpec['fragment_order']>, 'joined'>

/** The fragments of one datagram. */
interface Datagram {
  readonly until: Instant
  /** What the first one became; undefined: it is not there yet. */
  first: Sent | 'dropped' | undefined
  /** Those that came before it. */
  readonly early: { readonly port: string; readonly packet: Packet }[]
}

export class FragmentOrder {
  readonly #state: NatState
  readonly #translator: Translator
  readonly #order: Order
  readonly #timeout_ns: number
  /** The oldest first: all wait for the same time. */
  readonly #datagrams = new Map<string, Datagram>()

  constructor(state: NatState, translator: Translator, order: Order, timeout_ns: number) {
    this.#state = state
    this.#translator = translator
    this.#order = order
    this.#timeout_ns = timeout_ns
  }

  /** A sound IPv4 fragment. Call `expire` first. */
  handle(now: Instant, port: string, packet: Packet): void {
    const key = keyOf(port, packet.bytes)
    if (ipv4FragmentOffset(packet.bytes) === 0) this.#begin(now, key, port, packet)
    else this.#follow(now, key, port, packet)
  }

  expire(now: Instant): void {
    for (const [key, { until, early }] of this.#datagrams) {
      if (until > now) return
      this.#datagrams.delete(key)
      for (const { packet } of early) this.#state.out.drop(now, packet, 'reassembly-timeout', 'the first never came')
    }
  }

  deadline(): Instant {
    for (const { until } of this.#datagrams.values()) return until
    return NEVER
  }

  /** Those that wait for a first one. */
  *held(): Generator<Packet> {
    for (const { early } of this.#datagrams.values()) for (const { packet } of early) yield packet
  }

  /** Forgets everything: what waited. */
  clear(): readonly Packet[] {
    const waiting = [...this.held()]
    this.#datagrams.clear()
    return waiting
  }

  #begin(now: Instant, key: string, port: string, packet: Packet): void {
    this.#translator.handle(now, { port, packet })
    if (this.#order === 'first-only') return
    const datagram = this.#datagram(now, key)
    datagram.first = this.#translator.sent ?? 'dropped'
    for (const each of datagram.early.splice(0)) this.#pass(now, each.port, each.packet, datagram.first)
  }

  #follow(now: Instant, key: string, port: string, packet: Packet): void {
    const { out } = this.#state
    if (this.#order === 'first-only') {
      out.drop(now, packet, 'fragment-dropped', 'only first fragments pass')
      return
    }
    const known = this.#datagrams.get(key)
    if (known?.first !== undefined) this.#pass(now, port, packet, known.first)
    else if (this.#order === 'in-order') out.drop(now, packet, 'fragment-out-of-order')
    else this.#datagram(now, key).early.push({ port, packet })
  }

  #pass(now: Instant, port: string, packet: Packet, first: Sent | 'dropped'): void {
    const { out, transit } = this.#state
    if (first === 'dropped') {
      out.drop(now, packet, 'fragment-dropped', 'its first fragment did not pass')
      return
    }
    const { bytes: model, egress } = first
    if (!transit.admit(now, { port, packet }, egress)) return
    const changed = transit.aged(packet)
    rewriteSource(changed.bytes, ipSource(model))
    rewriteDestination(changed.bytes, ipDestination(model))
    setIpv4Id(changed.bytes, ipv4Id(model))
    transit.emit(changed, egress)
  }

  #datagram(now: Instant, key: string): Datagram {
    const known = this.#datagrams.get(key)
    if (known !== undefined) return known
    const datagram = { until: later(now, this.#timeout_ns), first: undefined, early: [] }
    this.#datagrams.set(key, datagram)
    return datagram
  }
}

/** Where it came in, addresses, identification and protocol. */
function keyOf(port: string, packet: Uint8Array): string {
  const words = [12, 14, 16, 18].map(at => get16(packet, at))
  return `${port} ${words.join('.')} ${ipv4Id(packet)} ${ipv4Protocol(packet)}`
}
