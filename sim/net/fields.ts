/** Corruption aimed at a field of a WireGuard message, by the places that the lab's own decoder knows. */
import { get16, set16 } from '../../impl/ip/bytes.ts'
import { onesSum, updateChecksum } from '../../impl/ip/checksum.ts'
import { transportOffset } from '../../impl/ip/packet.ts'
import { UDP_HEADER } from '../../impl/ip/udp.ts'
import { fieldRange, messageKind } from '../../scenarios/decode/wireguard.ts'
import type { Link } from '../../scenarios/language/topology.ts'

type Rule = NonNullable<Link['corrupt_field']>[number]

export class Fields {
  readonly #rules: { readonly rule: Rule; readonly nth: ReadonlySet<number> | undefined; seen: number }[]

  constructor(rules: readonly Rule[]) {
    this.#rules = rules.map(rule => ({ rule, nth: rule.nth === undefined ? undefined : new Set(rule.nth), seen: 0 }))
  }

  get isEmpty(): boolean {
    return this.#rules.length === 0
  }

  /** The packet as it leaves, in a copy where a rule takes it. Counts it in every rule. */
  apply(bytes: Uint8Array): Uint8Array {
    const message = this.isEmpty ? undefined : messageKind(bytes)
    if (message === undefined) return bytes
    let changed: Uint8Array | undefined
    for (const each of this.#rules) {
      if (each.rule.message !== message) continue
      each.seen++
      if (each.nth !== undefined && !each.nth.has(each.seen)) continue
      changed ??= bytes.slice()
      alter(changed, each.rule)
    }
    return changed ?? bytes
  }
}

/** A fragment that ends before the field keeps it: what is not there can not be changed. */
function alter(packet: Uint8Array, { field, flip, hex, checksum = 'fix' }: Rule): void {
  const udp = transportOffset(packet)
  const message = packet.subarray(udp + UDP_HEADER, Math.min(packet.length, udp + get16(packet, udp + 4)))
  const range = fieldRange(message, field)
  if (range === undefined) return
  const [start, end] = range
  const before = onesSum(message)
  if (hex !== undefined) {
    const most = Math.min(hex.length / 2, end - start, message.length - start)
    for (let i = 0; i < most; i++) message[start + i] = Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16)
  }
  if (flip !== undefined) {
    const at = start + (flip >> 3)
    if (at < Math.min(end, message.length)) message[at]! ^= 1 << (flip & 7)
  }
  const sum = get16(packet, udp + 6)
  if (checksum === 'keep' || sum === 0) return
  const fixed = updateChecksum(sum, before, onesSum(message))
  set16(packet, udp + 6, fixed === 0 ? 0xffff : fixed)
}
