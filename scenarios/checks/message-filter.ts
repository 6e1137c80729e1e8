/** Which hop rows are WireGuard messages that leave a host, and where they go. */
import { addressText } from '../decode/address.ts'
import { messageKind, type WireMessageKind } from '../decode/wireguard.ts'
import type { Duration } from '../language/quantity.ts'
import type { Scenario } from '../language/scenario.ts'
import type { MessageKind } from '../language/topology.ts'
import type { HopRow, Row } from '../language/trace.ts'
import { othersAddresses, reachableAt, wirePlaces } from './places.ts'
import { betweenText, spanNs } from './words.ts'

export interface MessageWish {
  readonly message: MessageKind
  readonly from: string
  readonly to?: string | undefined
  readonly between?: readonly [Duration, Duration] | undefined
}

/**
 * A message counts where it leaves its host by one of the host's own cables, with an address of the host: what a host
 * only forwards has another's address and does not count (what it masquerades does). A probe may lie about its address.
 * `to` holds when the message is addressed to that host, or to the outside of a NAT which that host is behind.
 */
export class MessageFilter {
  readonly places: ReadonlySet<string>
  readonly #message: MessageKind
  readonly #from: number
  readonly #to: number
  readonly #foreign: ReadonlySet<string>
  readonly #destinations: ReadonlySet<string> | undefined

  constructor(scenario: Scenario, wish: MessageWish) {
    const span = spanNs(wish.between)
    this.places = wirePlaces(scenario, wish.from)
    this.#message = wish.message
    this.#from = span.from
    this.#to = span.to
    const probe = scenario.hosts[wish.from]?.probe === true
    this.#foreign = probe ? new Set() : othersAddresses(scenario, wish.from)
    this.#destinations = wish.to === undefined ? undefined : reachableAt(scenario, wish.to)
  }

  /** The hop row and the kind of its message, or undefined. */
  match(row: Row): { readonly hop: HopRow; readonly bytes: Uint8Array; readonly kind: WireMessageKind } | undefined {
    if (row.kind !== 'hop' || row.dir !== 'out' || row.layer !== 'wire' || row.bytes === undefined) return undefined
    if (row.t < this.#from || row.t >= this.#to || !this.places.has(row.at)) return undefined
    const { bytes } = row
    const kind = messageKind(bytes)
    if (kind === undefined || (this.#message !== 'any' && kind !== this.#message)) return undefined
    if (this.#foreign.size > 0 && this.#foreign.has(addressIn(bytes, 'source'))) return undefined
    if (this.#destinations !== undefined && !this.#destinations.has(addressIn(bytes, 'destination'))) return undefined
    return { hop: row, bytes, kind }
  }
}

/** `initiation from alice to bob from 0 s to 5 s` */
export function wishNoun(message: MessageKind): string {
  return message === 'any' || message === 'data'
    ? `${message === 'any' ? '' : 'data '}message`
    : message.replace('-', ' ')
}

export function wishText(wish: MessageWish): string {
  const to = wish.to === undefined ? '' : ` to ${wish.to}`
  return `from ${wish.from}${to}${betweenText(wish.between)}`
}

function addressIn(bytes: Uint8Array, end: 'source' | 'destination'): string {
  const at = end === 'source' ? 0 : 1
  if ((bytes[0] ?? 0) >> 4 === 4) return addressText(bytes.subarray(12 + 4 * at, 16 + 4 * at))
  return addressText(bytes.subarray(8 + 16 * at, 24 + 16 * at))
}
