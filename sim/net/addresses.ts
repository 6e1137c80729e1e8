/** A map from addresses, which are read where they stand in a packet: looking up allocates nothing. */
import type { Prefix } from '../../impl/api.ts'
import { get32, sameBytes } from '../../impl/ip/bytes.ts'

interface Entry<T> {
  readonly address: Uint8Array
  readonly value: T
}

export class AddressMap<T> {
  /** By the 32 bits as a signed integer: of these, engines need no boxes. */
  readonly #v4 = new Map<number, T>()
  /** By a hash of the address. */
  readonly #v6 = new Map<number, Entry<T>[]>()

  set(address: Uint8Array, value: T): void {
    if (address.length === 4) {
      this.#v4.set(get32(address, 0) | 0, value)
      return
    }
    const hash = hashOf(address, 0)
    const others = (this.#v6.get(hash) ?? []).filter(entry => !sameBytes(entry.address, address))
    this.#v6.set(hash, [...others, { address, value }])
  }

  get(address: Uint8Array): T | undefined {
    return this.at(address, 0, address.length === 4 ? 4 : 6)
  }

  /** The value of the address that starts at bytes[at]. */
  at(bytes: Uint8Array, at: number, version: 4 | 6): T | undefined {
    if (version === 4) return this.#v4.get(get32(bytes, at) | 0)
    const entries = this.#v6.get(hashOf(bytes, at))
    if (entries === undefined) return undefined
    for (const { address, value } of entries) if (isAt(bytes, at, address)) return value
    return undefined
  }

  clear(): void {
    this.#v4.clear()
    this.#v6.clear()
  }
}

/** The destination of a sound packet. */
export function destinationIn<T>(map: AddressMap<T>, packet: Uint8Array): T | undefined {
  return packet[0]! >>> 4 === 4 ? map.at(packet, 16, 4) : map.at(packet, 24, 6)
}

/** Whether a sound packet goes to this address. */
export function goesTo(packet: Uint8Array, address: Uint8Array): boolean {
  const v4 = packet[0]! >>> 4 === 4
  return address.length === (v4 ? 4 : 16) && isAt(packet, v4 ? 16 : 24, address)
}

/** Whether a sound packet comes from this address. */
export function comesFrom(packet: Uint8Array, address: Uint8Array): boolean {
  const v4 = packet[0]! >>> 4 === 4
  return address.length === (v4 ? 4 : 16) && isAt(packet, v4 ? 12 : 8, address)
}

/** Whether a sound packet goes to an address in this prefix. */
export function goesInto(packet: Uint8Array, prefix: Prefix): boolean {
  const v4 = packet[0]! >>> 4 === 4
  const { address, length } = prefix
  if (address.length !== (v4 ? 4 : 16)) return false
  const at = v4 ? 16 : 24
  const whole = length >>> 3
  for (let i = 0; i < whole; i++) if (packet[at + i] !== address[i]) return false
  const rest = length & 7
  return rest === 0 || ((packet[at + whole]! ^ address[whole]!) & (0xff << (8 - rest)) & 0xff) === 0
}

/** Whether the destination of a sound packet is multicast, or 255.255.255.255. */
export function goesToMany(packet: Uint8Array): boolean {
  if (packet[0]! >>> 4 !== 4) return packet[24] === 0xff
  return packet[16]! >>> 4 === 0xe || get32(packet, 16) === 0xffff_ffff
}

function isAt(bytes: Uint8Array, at: number, address: Uint8Array): boolean {
  for (let i = 0; i < address.length; i++) if (bytes[at + i] !== address[i]) return false
  return true
}

function hashOf(bytes: Uint8Array, at: number): number {
  let hash = 0
  for (let i = 0; i < 16; i += 4) hash = Math.imul(hash ^ get32(bytes, at + i), 0x9e3779b1) ^ (hash >>> 15)
  return hash
}
