/** What iptables can be told here: the FORWARD chain, masquerading, and the guard that wg-quick puts before a default route. */
import type { Prefix } from '../../impl/api.ts'
import type { Address, Instant, Random } from '../../impl/box.ts'
import { addressInPrefix, sameAddress } from '../../impl/ip/address.ts'
import { ipDestination, ipSource } from '../../impl/ip/packet.ts'
import type { Packet } from '../node.ts'
import { copyOf } from '../slab.ts'
import { Conntrack } from './conntrack.ts'
import type { HostDrop } from './drops.ts'
import type { Interfaces } from './interfaces.ts'
import type { Outbox } from './outbox.ts'
import type { Layer } from './stack.ts'
import { clampMss, isSyn, mssFor } from './tcpmss.ts'

export type Verdict = 'ACCEPT' | 'DROP'

/** A rule of FORWARD or POSTROUTING. Names may end in `+`, which stands for any ending. */
export interface FilterRule {
  readonly family: 4 | 6
  readonly chain: 'FORWARD' | 'POSTROUTING' | MangleChain
  readonly in?: string
  readonly out?: string
  readonly source?: Prefix
  readonly notSource?: boolean
  readonly destination?: Prefix
  /** Only packets of connections that were answered. */
  readonly established?: boolean
  readonly target: Verdict | 'MASQUERADE' | 'TCPMSS'
  /** Of TCPMSS: a size in bytes; absent: what the path takes. */
  readonly mss?: number
}

/** Where TCPMSS can stand: it looks at SYNs alone. */
export type MangleChain = 'mangle FORWARD' | 'mangle POSTROUTING' | 'mangle OUTPUT'

/** What the route to an address takes, with what ICMP told; bytes. */
export type MtuTo = (now: Instant, address: Address) => number | undefined

export class Netfilter {
  readonly #outbox: Outbox
  readonly #interfaces: Interfaces
  readonly conntrack: Conntrack
  readonly policy: Record<4 | 6, Verdict> = { 4: 'ACCEPT', 6: 'ACCEPT' }
  #rules: FilterRule[] = []
  /** Tunnels whose addresses nobody outside may send to (wg-quick's rule against leaks), by family. */
  readonly #guarded: Record<4 | 6, Set<string>> = { 4: new Set(), 6: new Set() }
  /** Whether anything is guarded. */
  #guards = false
  #tracks = false
  #clamps = false
  readonly #mtuTo: MtuTo

  constructor(outbox: Outbox, interfaces: Interfaces, random: Random, mtuTo: MtuTo = () => undefined) {
    this.#outbox = outbox
    this.#interfaces = interfaces
    this.#mtuTo = mtuTo
    this.conntrack = new Conntrack(random)
  }

  /** Whether connections are tracked: fragments are put together before anybody looks at them. */
  get tracks(): boolean {
    return this.#tracks
  }

  get rules(): readonly FilterRule[] {
    return this.#rules
  }

  append(rule: FilterRule): void {
    this.#rules.push(rule)
    this.#review()
  }

  insert(rule: FilterRule): void {
    this.#rules.unshift(rule)
    this.#review()
  }

  /** False when there is no such rule. */
  delete(rule: FilterRule): boolean {
    const at = this.#rules.findIndex(other => sameRule(other, rule))
    if (at < 0) return false
    this.#rules.splice(at, 1)
    this.#review()
    return true
  }

  guard(iface: string, family: 4 | 6): void {
    this.#guarded[family].add(iface)
    this.#guards = true
  }

  unguard(iface: string): void {
    this.#guarded[4].delete(iface)
    this.#guarded[6].delete(iface)
    this.#guards = this.#guarded[4].size + this.#guarded[6].size > 0
  }

  preRouting(now: Instant, iface: string, packet: Packet, layer: Layer): Packet | undefined {
    if (this.#guards && this.#isGuarded(iface, packet.bytes)) {
      this.#outbox.drop(now, packet, layer, 'guarded' satisfies HostDrop)
      return undefined
    }
    if (!this.#tracks) return packet
    const bytes = this.conntrack.incoming(now, packet.bytes, this.#interfaces.isForUs(packet.bytes))
    return bytes === packet.bytes ? packet : { id: packet.id, copy: packet.copy, bytes }
  }

  /** Whether it may pass. The packet is the caller's own copy: a SYN is changed in place where a rule says so. */
  forward(now: Instant, from: string, to: string, packet: Uint8Array): boolean {
    if (this.#clamps && isSyn(packet)) this.#clamp(now, 'mangle FORWARD', from, to, packet)
    const family = packet[0]! >>> 4 === 4 ? 4 : 6
    for (const rule of this.#rules) {
      if (rule.chain !== 'FORWARD' || !matches(rule, family, from, to, packet)) continue
      if (rule.established === true && !this.conntrack.established(now, packet)) continue
      return rule.target === 'ACCEPT'
    }
    return this.policy[family] === 'ACCEPT'
  }

  postRouting(now: Instant, iface: string, leaving: Packet, layer: Layer): Packet | undefined {
    const packet = this.#clamps && isSyn(leaving.bytes) ? this.#clamped(now, iface, leaving) : leaving
    if (!this.#tracks) return packet
    const { bytes } = packet
    const bytesOut = this.conntrack.outgoing(now, bytes, this.#masquerade(iface, bytes))
    if (bytesOut === bytes) return packet
    if (bytesOut !== undefined) return { id: packet.id, copy: packet.copy, bytes: bytesOut }
    this.#outbox.drop(now, packet, layer, 'nat-ports-exhausted' satisfies HostDrop)
    return undefined
  }

  #clamped(now: Instant, iface: string, packet: Packet): Packet {
    const bytes = copyOf(packet.bytes)
    const own = this.#interfaces.isLocal(ipSource(bytes))
    const output = own && this.#clamp(now, 'mangle OUTPUT', undefined, iface, bytes)
    const leaving = this.#clamp(now, 'mangle POSTROUTING', undefined, iface, bytes)
    return output || leaving ? { id: packet.id, copy: packet.copy, bytes } : packet
  }

  #clamp(now: Instant, chain: MangleChain, from: string | undefined, to: string, packet: Uint8Array): boolean {
    const family = packet[0]! >>> 4 === 4 ? 4 : 6
    let changed = false
    for (const rule of this.#rules) {
      if (rule.chain !== chain || !matches(rule, family, from, to, packet)) continue
      const there = this.#mtuTo(now, ipDestination(packet)) ?? 65_535
      const back = this.#mtuTo(now, ipSource(packet)) ?? 65_535
      if (clampMss(packet, rule.mss ?? mssFor(packet, Math.min(there, back)))) changed = true
    }
    return changed
  }

  #masquerade(iface: string, packet: Uint8Array): Uint8Array | undefined {
    const family = packet[0]! >>> 4 === 4 ? 4 : 6
    const rule = this.#rules.find(
      other => other.chain === 'POSTROUTING' && matches(other, family, undefined, iface, packet),
    )
    if (rule?.target !== 'MASQUERADE') return undefined
    const destination = ipDestination(packet)
    return this.#interfaces.sourceFor(iface, destination, destination)
  }

  #isGuarded(from: string, packet: Uint8Array): boolean {
    const destination = ipDestination(packet)
    const guarded = this.#guarded[destination.length === 4 ? 4 : 6]
    if (guarded.size === 0) return false
    const owner = this.#interfaces.ownerOf(destination)
    if (owner === undefined || owner.name === from || !guarded.has(owner.name)) return false
    return !this.#interfaces.isLocal(ipSource(packet))
  }

  #review(): void {
    this.#clamps = this.#rules.some(rule => rule.target === 'TCPMSS')
    this.#tracks = this.#rules.some(rule => rule.chain === 'POSTROUTING' || rule.established === true)
  }
}

function matches(rule: FilterRule, family: 4 | 6, from: string | undefined, to: string, packet: Uint8Array): boolean {
  if (rule.family !== family) return false
  if (rule.in !== undefined && (from === undefined || !isNamed(from, rule.in))) return false
  if (rule.out !== undefined && !isNamed(to, rule.out)) return false
  if (rule.source !== undefined && addressInPrefix(ipSource(packet), rule.source) === (rule.notSource === true))
    return false
  return rule.destination === undefined || addressInPrefix(ipDestination(packet), rule.destination)
}

function isNamed(name: string, pattern: string): boolean {
  return pattern.endsWith('+') ? name.startsWith(pattern.slice(0, -1)) : name === pattern
}

function sameRule(a: FilterRule, b: FilterRule): boolean {
  return (
    a.family === b.family &&
    a.chain === b.chain &&
    a.in === b.in &&
    a.out === b.out &&
    a.notSource === b.notSource &&
    a.established === b.established &&
    a.target === b.target &&
    a.mss === b.mss &&
    samePrefixOrNone(a.source, b.source) &&
    samePrefixOrNone(a.destination, b.destination)
  )
}

function samePrefixOrNone(a: Prefix | undefined, b: Prefix | undefined): boolean {
  if (a === undefined || b === undefined) return a === b
  return a.length === b.length && sameAddress(a.address, b.address)
}
