/** A scenario's machines and networks with every default filled in and every address read. No boxes yet, no complaints. */

import type { Address } from '../impl/box.ts'
import { parseAddress, parsePrefix, sameAddress } from '../impl/ip/address.ts'
import { expandLink, stackLinks } from '../scenarios/language/link-presets.ts'
import type { Scenario } from '../scenarios/language/scenario.ts'
import type { Attachment, Host, Link, Nat, Network, Router } from '../scenarios/language/topology.ts'
import type { InterfaceAddress } from './node.ts'

/** A cable's properties after the defaults: at least its delay and its MTU are known. */
export type FullLink = Link & { readonly delay: NonNullable<Link['delay']>; readonly mtu: number }

/** How a machine sits on a network. */
export interface Seat {
  readonly machine: string
  readonly network: string
  readonly side?: 'inside' | 'outside'
  readonly addresses: readonly InterfaceAddress[]
  /** Where the rest goes: at most one for each family; none where the network itself knows the way. */
  readonly gateways: readonly Address[]
  /** all: every address is a neighbour (an internet); prefix: those of the prefixes are. */
  readonly onlink: 'all' | 'prefix'
  readonly up: FullLink
  readonly down: FullLink
}

export type Role =
  | { readonly kind: 'network'; readonly network: Network }
  | { readonly kind: 'host'; readonly host: Host }
  | { readonly kind: 'nat'; readonly nat: Nat }
  | { readonly kind: 'router'; readonly router: Router }

export interface Layout {
  /** Networks, hosts, NATs, routers, each in the order of the scenario. A name is there once: the first one wins. */
  readonly machines: ReadonlyMap<string, Role>
  readonly seats: readonly Seat[]
}

/** Attachments to a network that is not in the scenario are left out, as are addresses that are none: `checkScenario` names them. */
export function layoutOf(scenario: Scenario): Layout {
  const machines = new Map<string, Role>()
  const put = (name: string, role: Role): void => {
    if (!machines.has(name)) machines.set(name, role)
  }
  for (const [name, network] of Object.entries(scenario.networks)) put(name, { kind: 'network', network })
  for (const [name, host] of Object.entries(scenario.hosts)) put(name, { kind: 'host', host })
  for (const [name, nat] of Object.entries(scenario.nats ?? {})) put(name, { kind: 'nat', nat })
  for (const [name, router] of Object.entries(scenario.routers ?? {})) put(name, { kind: 'router', router })
  const seats: Seat[] = []
  for (const [machine, role] of machines) {
    for (const { network, side, attachment } of attachmentsOf(role)) {
      const seat = seatOf(scenario, machine, network, attachment, side)
      if (seat !== undefined) seats.push(seat)
    }
  }
  return { machines, seats }
}

/** The attachments of a machine in the order of the scenario; a NAT's inside first. */
export function attachmentsOf(
  role: Role,
): { readonly network: string; readonly side?: 'inside' | 'outside'; readonly attachment: Attachment }[] {
  const list = (interfaces: Readonly<Record<string, Attachment>>) =>
    Object.entries(interfaces).map(([network, attachment]) => ({ network, attachment }))
  switch (role.kind) {
    case 'network':
      return []
    case 'host':
      return list(role.host.interfaces)
    case 'router':
      return list(role.router.interfaces)
    case 'nat':
      return [
        ...list(role.nat.inside).map(seat => ({ ...seat, side: 'inside' as const })),
        ...list(role.nat.outside).map(seat => ({ ...seat, side: 'outside' as const })),
      ]
  }
}

/** An attachment with the defaults of its network; undefined when there is no such network. `over`: what the cables have now. */
export function seatOf(
  scenario: Scenario,
  machine: string,
  network: string,
  attachment: Attachment,
  side?: 'inside' | 'outside',
): Seat | undefined {
  const place = Object.hasOwn(scenario.networks, network) ? scenario.networks[network] : undefined
  if (place === undefined) return undefined
  const ends = endsOf(attachment)
  const lan = place.kind === 'lan'
  const addresses = ends.addresses.flatMap(text => parsePrefix(text) ?? [])
  const named = ends.gateways ?? (lan ? textsOf(place.gateway) : [])
  const own = (gateway: Address) => addresses.some(({ address }) => sameAddress(address, gateway))
  return {
    machine,
    network,
    ...(side === undefined ? {} : { side }),
    addresses,
    gateways: named.flatMap(text => parseAddress(text) ?? []).filter(gateway => !own(gateway)),
    onlink: lan ? 'prefix' : 'all',
    up: fullLink(place, ends.up, 'up'),
    down: fullLink(place, ends.down, 'down'),
  }
}

/** What an attachment says, in its one long form. `gateways` undefined: the network knows. */
export function endsOf(attachment: Attachment): {
  readonly addresses: readonly string[]
  readonly gateways: readonly string[] | undefined
  readonly up: Link | undefined
  readonly down: Link | undefined
} {
  if (typeof attachment === 'string' || Array.isArray(attachment)) {
    return { addresses: textsOf(attachment), gateways: undefined, up: undefined, down: undefined }
  }
  const { address, gateway, link } = attachment
  const over = (own: Link | undefined) => (link === undefined ? own : stackLinks(link, own))
  return {
    addresses: textsOf(address),
    gateways: gateway === undefined ? undefined : textsOf(gateway),
    up: over(attachment.up),
    down: over(attachment.down),
  }
}

export function textsOf(texts: string | readonly string[] | undefined): readonly string[] {
  return texts === undefined ? [] : typeof texts === 'string' ? [texts] : texts
}

function fullLink(network: Network, own: Link | undefined, direction: 'up' | 'down'): FullLink {
  const link = expandLink(stackLinks(network.link, own), direction)
  return { delay: network.kind === 'lan' ? '0ms' : '10ms', mtu: 1500, ...link } as FullLink
}
