/**
 * The order of packets in a capture. Wireshark moves a WireGuard session to the address a message comes from, as a peer
 * does. When one file holds both sides of a NAT in the order of time, the session jumps between the two addresses and
 * messages to the other one stay encrypted. So where a NAT is seen, each side stands by itself.
 */
import type { Vantage } from '../scenarios/language/verdict.ts'
import type { KeptHop } from './capture.ts'
import { endpointsText, labelPacket } from './wire.ts'

export interface Ordered {
  readonly hops: readonly KeptHop[]
  /** A message was seen under two pairs of addresses. */
  readonly translated: boolean
}

/** Hops come in the order of time. Without a NAT they leave as they came. */
export function orderForSessions(hops: readonly KeptHop[], vantages: readonly Vantage[]): Ordered {
  const realms = findRealms(hops, vantages)
  if (realms === undefined) return { hops, translated: false }
  const parts = new Map<string, KeptHop[]>()
  for (const hop of hops) {
    const realm = realms.get(hop.at) ?? hop.at
    const part = parts.get(realm)
    if (part === undefined) parts.set(realm, [hop])
    else part.push(hop)
  }
  return { hops: [...parts.values()].flat(), translated: true }
}

/** Vantage point to the name of its side, or undefined when no message changes its addresses on the way. */
function findRealms(hops: readonly KeptHop[], vantages: readonly Vantage[]): Map<string, string> | undefined {
  const sides = createSides()
  const messages = new Map<string, { readonly at: string; readonly endpoints: string }>()
  const places = new Map<string, string>()
  const moves = new Map<string, { readonly from: string; readonly to: string }>()
  for (const hop of hops) {
    const seen = hop.layer === 'wire' ? identify(hop) : undefined
    if (seen === undefined) continue
    const same = `${seen.message} ${seen.endpoints}`
    const place = places.get(same)
    if (place === undefined) places.set(same, hop.at)
    else sides.join(place, hop.at)
    const first = messages.get(seen.message)
    if (first === undefined) messages.set(seen.message, { at: hop.at, endpoints: seen.endpoints })
    else if (first.endpoints !== seen.endpoints) moves.set(`${first.at} ${hop.at}`, { from: first.at, to: hop.at })
  }
  // A replay from elsewhere also shows one message under two addresses, but at places that share other messages.
  if (![...moves.values()].some(({ from, to }) => sides.of(from) !== sides.of(to))) return undefined
  const home = new Map<string, string>()
  for (const { name, host, layer } of vantages) if (layer === 'wire' && !home.has(host)) home.set(host, name)
  return new Map(
    vantages.map(({ name, host, layer }) => [name, sides.of(layer === 'wire' ? name : (home.get(host) ?? name))]),
  )
}

/** What makes a message itself, wherever it is seen, and the addresses it is seen under. */
function identify(hop: KeptHop): { readonly message: string; readonly endpoints: string } | undefined {
  const label = labelPacket(hop.bytes)
  if (label.message === undefined || label.fragment !== 'none') return undefined
  const { source, destination } = endpointsText(label)
  const message = [label.message, label.sender, label.receiver, label.counter, label.size].join(' ')
  return { message, endpoints: `${source} ${destination}` }
}

/** Union-find over names; the first name of a side is the side's. */
function createSides(): { join(a: string, b: string): void; of(name: string): string } {
  const parent = new Map<string, string>()
  const of = (name: string): string => {
    let at = name
    for (let up = parent.get(at); up !== undefined; up = parent.get(at)) at = up
    return at
  }
  const join = (a: string, b: string) => {
    const [one, other] = [of(a), of(b)]
    if (one !== other) parent.set(other, one)
  }
  return { join, of }
}
