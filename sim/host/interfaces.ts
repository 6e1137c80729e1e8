/** The interfaces of a machine, their addresses, and the routes that the kernel makes from these. */
import type { Address } from '../../impl/box.ts'
import { addressInPrefix, isLinkLocal, isLoopback, sameAddress } from '../../impl/ip/address.ts'
import { ipDestination } from '../../impl/ip/packet.ts'
import { goesTo } from '../net/addresses.ts'
import type { InterfaceAddress } from '../node.ts'
import { MAIN_TABLE, type Routes } from './routes.ts'

/** IPv6 needs this much (RFC 8200 §5); below it Linux switches it off on the interface. */
export const IPV6_MIN_MTU = 1280

export interface Interface {
  readonly name: string
  readonly kind: 'port' | 'tunnel' | 'loopback'
  readonly mtu: number
  readonly up: boolean
  readonly addresses: readonly InterfaceAddress[]
}

type Slot = { -readonly [K in keyof Interface]: Interface[K] } & { addresses: InterfaceAddress[] }

export class Interfaces {
  readonly #routes: Routes
  readonly #slots = new Map<string, Slot>()
  readonly #changed: () => void
  /** What was asked for last. */
  #recent: Slot | undefined
  /** Of all interfaces, in the order of adding. */
  #local: { readonly address: Address; readonly slot: Slot }[] = []

  constructor(routes: Routes, changed: () => void) {
    this.#routes = routes
    this.#changed = changed
    this.#slots.set('lo', { name: 'lo', kind: 'loopback', mtu: 65535, up: true, addresses: [] })
  }

  get(name: string): Interface | undefined {
    // One interface has most of the traffic.
    if (this.#recent?.name === name) return this.#recent
    const slot = this.#slots.get(name)
    if (slot !== undefined) this.#recent = slot
    return slot
  }

  all(): Iterable<Interface> {
    return this.#slots.values()
  }

  /** Down and without addresses. False when the name is taken. */
  add(name: string, kind: 'port' | 'tunnel', mtu: number): boolean {
    if (this.#slots.has(name)) return false
    this.#slots.set(name, { name, kind, mtu, up: false, addresses: [] })
    return true
  }

  /** With its addresses and routes. */
  remove(name: string): void {
    this.#slots.delete(name)
    this.#recent = undefined
    this.#routes.remove(route => route.dev === name)
    this.#refresh()
  }

  setUp(name: string): void {
    const slot = this.#slots.get(name)
    if (slot === undefined || slot.up) return
    slot.up = true
    for (const address of slot.addresses) this.#connect(slot, address)
    this.#refresh()
  }

  /** Its routes go, and its IPv6 addresses, as Linux does it. */
  setDown(name: string): void {
    const slot = this.#slots.get(name)
    if (slot === undefined) return
    slot.up = false
    slot.addresses = slot.addresses.filter(({ address }) => address.length === 4)
    this.#routes.remove(route => route.dev === name)
    this.#refresh()
  }

  /** Below 1280 the interface loses IPv6: its addresses and routes. */
  setMtu(name: string, mtu: number): void {
    const slot = this.#slots.get(name)
    if (slot === undefined) return
    slot.mtu = mtu
    if (mtu < IPV6_MIN_MTU) {
      slot.addresses = slot.addresses.filter(({ address }) => address.length === 4)
      this.#routes.remove(route => route.dev === name && route.prefix.address.length === 16)
    }
    this.#refresh()
  }

  /** False when the interface has it already, or can not have it. */
  addAddress(name: string, added: InterfaceAddress): boolean {
    const slot = this.#slots.get(name)
    if (slot === undefined || slot.addresses.some(other => sameInterfaceAddress(other, added))) return false
    if (added.address.length === 16 && slot.mtu < IPV6_MIN_MTU) return false
    slot.addresses.push(added)
    if (slot.up) this.#connect(slot, added)
    this.#refresh()
    return true
  }

  removeAddress(name: string, gone: InterfaceAddress): boolean {
    const slot = this.#slots.get(name)
    const at = slot?.addresses.findIndex(other => sameInterfaceAddress(other, gone)) ?? -1
    if (slot === undefined || at < 0) return false
    slot.addresses.splice(at, 1)
    this.#routes.remove(
      route =>
        route.dev === name &&
        (route.source === undefined
          ? route.origin === 'kernel' && sameNetwork(route.prefix, gone)
          : sameAddress(route.source, gone.address)),
    )
    this.#refresh()
    return true
  }

  /** Whether the address is the machine's own. */
  isLocal(address: Address): boolean {
    for (const local of this.#local) if (sameAddress(local.address, address)) return true
    return isLoopback(address)
  }

  /** Whether a sound packet goes to the machine itself: its destination is read where it stands. */
  isForUs(packet: Uint8Array): boolean {
    for (const local of this.#local) if (goesTo(packet, local.address)) return true
    return packet[0]! >>> 4 === 4 ? packet[16] === 127 : isLoopback(ipDestination(packet))
  }

  /** The interface that has the address. */
  ownerOf(address: Address): Interface | undefined {
    return this.#local.find(local => sameAddress(local.address, address))?.slot
  }

  /**
   * The source of a packet that leaves by this interface. IPv4: the address in the next hop's own prefix, else the
   * interface's first; IPv6: same scope, then most bits in common (RFC 6724 §5, rules 2 and 8). Else another interface's.
   */
  sourceFor(name: string, destination: Address, nextHop: Address): Address | undefined {
    const slot = this.#slots.get(name)
    const own = (slot?.addresses ?? []).filter(({ address }) => address.length === destination.length)
    const best =
      destination.length === 4
        ? (own.find(prefix => addressInPrefix(nextHop, prefix)) ?? own[0])?.address
        : nearest(own, destination)
    if (best !== undefined) return best
    const others = this.#local.filter(({ address }) => address.length === destination.length && !isLinkLocal(address))
    return destination.length === 4 ? others[0]?.address : nearest(others, destination)
  }

  #connect(slot: Slot, { address, length }: InterfaceAddress): void {
    const v4 = address.length === 4
    if (v4 && length === 32) return
    const kernel = { dev: slot.name, table: MAIN_TABLE, origin: 'kernel' } as const
    this.#routes.add({
      ...kernel,
      prefix: { address, length },
      metric: v4 ? 0 : 256,
      ...(v4 ? { source: address } : {}),
    })
  }

  #refresh(): void {
    this.#local = []
    for (const slot of this.#slots.values()) {
      for (const { address } of slot.addresses) this.#local.push({ address, slot })
    }
    this.#changed()
  }
}

function sameInterfaceAddress(a: InterfaceAddress, b: InterfaceAddress): boolean {
  return a.length === b.length && sameAddress(a.address, b.address)
}

function sameNetwork(a: InterfaceAddress, b: InterfaceAddress): boolean {
  return a.length === b.length && a.address.length === b.address.length && addressInPrefix(b.address, a)
}

function nearest(candidates: readonly { readonly address: Address }[], destination: Address): Address | undefined {
  let best: Address | undefined
  let most = -1
  for (const { address } of candidates) {
    const score = (isLinkLocal(address) === isLinkLocal(destination) ? 1000 : 0) + commonBits(address, destination)
    if (score > most) {
      most = score
      best = address
    }
  }
  return best
}

function commonBits(a: Address, b: Address): number {
  for (let i = 0; i < a.length; i++) {
    const difference = a[i]! ^ b[i]!
    if (difference !== 0) return i * 8 + Math.clz32(difference) - 24
  }
  return a.length * 8
}
