/** Topologies that have the right shape and can not be: machines on no network, subnets that overlap, routes to nowhere. */
import type { Address } from '../../impl/box.ts'
import { addressInPrefix, formatPrefix, isLinkLocal, maskPrefix, parseAddress } from '../../impl/ip/address.ts'
import type { Scenario } from '../../scenarios/language/scenario.ts'
import type { Attachment, Router } from '../../scenarios/language/topology.ts'
import { attachmentsOf, endsOf, type Role, type Seat } from '../layout.ts'
import type { InterfaceAddress } from '../node.ts'
import type { Context, Path } from './problem.ts'

/** What only those do who forward packets. */
const FORWARDING = ['icmp_pass', 'ecn', 'dscp'] as const

export function checkImpossible(context: Context): void {
  const seatsOf = new Map<string, Seat[]>()
  for (const seat of context.layout.seats) {
    const seats = seatsOf.get(seat.machine)
    if (seats === undefined) seatsOf.set(seat.machine, [seat])
    else seats.push(seat)
  }
  for (const [name, network] of Object.entries(context.scenario.networks)) {
    for (const key of FORWARDING) {
      if (network.kind !== 'lan' || network[key] === undefined) continue
      context.complain(['networks', name, key], 'a lan is a switch: it does not look into packets', 'it at a router')
    }
  }
  for (const [name, role] of context.layout.machines) {
    if (role.kind === 'network') continue
    if (role.kind !== 'nat' && attachmentsOf(role).length === 0) {
      const path = [role.kind === 'host' ? 'hosts' : 'routers', name, 'interfaces']
      context.complain(path, `${name} is on no network`, '"interfaces": { "internet": "203.0.113.5" }')
    }
    const seats = seatsOf.get(name) ?? []
    checkOverlaps(context, name, role, seats)
    if (role.kind === 'router') checkRoutes(context, name, role.router, seats)
  }
}

interface Place {
  readonly seat: Seat
  readonly prefix: InterfaceAddress
}

/** A machine that is on two networks must be able to tell them apart by their addresses. */
function checkOverlaps(context: Context, name: string, role: Role, seats: readonly Seat[]): void {
  const places = seats.flatMap(seat =>
    seat.addresses.flatMap((prefix): Place[] => (isLinkLocal(prefix.address) ? [] : [{ seat, prefix }])),
  )
  const told = new Set<string>()
  for (const [i, { seat, prefix }] of places.entries()) {
    const other = places.slice(0, i).find(before => {
      if (before.seat.network === seat.network || !overlap(before.prefix, prefix)) return false
      return !isDelegated(before) && !isDelegated(places[i]!)
    })
    if (other === undefined || told.has(seat.network)) continue
    told.add(seat.network)
    const [here, there] = [prefix, other.prefix].map(one => formatPrefix(maskPrefix(one)))
    const what = here === there ? `${here} is on ${seat.network} and on ${other.seat.network}` : ''
    const apart = `${here} on ${seat.network} and ${there} on ${other.seat.network} overlap`
    context.complain(
      seatPath(role, name, seat),
      `${what === '' ? apart : what}: ${name} can not tell the two apart`,
      'a subnet of its own for each network',
    )
  }
}

/** A prefix on an internet is what that routes to the machine: behind it there may be a lan with these addresses. */
function isDelegated({ seat, prefix }: Place): boolean {
  return seat.onlink === 'all' && prefix.length < prefix.address.length * 8
}

function overlap(a: InterfaceAddress, b: InterfaceAddress): boolean {
  if (a.address.length !== b.address.length) return false
  return a.length <= b.length ? addressInPrefix(b.address, a) : addressInPrefix(a.address, b)
}

function seatPath(role: Role, name: string, { network, side }: Seat): Path {
  switch (role.kind) {
    case 'host':
      return ['hosts', name, 'interfaces', network]
    case 'router':
      return ['routers', name, 'interfaces', network]
    case 'nat':
      return ['nats', name, side ?? 'inside', network]
    case 'network':
      return ['networks', name]
  }
}

/** The next hop of each route is on a network of the router, and on a lan somebody is there. */
function checkRoutes(context: Context, name: string, router: Router, seats: readonly Seat[]): void {
  const { networks } = context.scenario
  const hops = (router.routes ?? []).flatMap(({ to, via, equal = [] }, index) => [
    { to, via, path: ['routers', name, 'routes', index, 'via'] },
    ...equal.map((each, i) => ({ to, via: each, path: ['routers', name, 'routes', index, 'equal', i] })),
  ])
  for (const { to, via, path } of hops) {
    const hop = parseAddress(via)
    // A route across families is told elsewhere.
    if (hop === undefined || seats.length === 0 || to.includes(':') !== via.includes(':')) continue
    const family = (seat: Seat): boolean => seat.addresses.some(({ address }) => address.length === hop.length)
    const near = seats.find(seat =>
      seat.addresses.some(
        prefix =>
          prefix.address.length === hop.length && prefix.length < hop.length * 8 && addressInPrefix(hop, prefix),
      ),
    )
    const internet = seats.some(seat => networks[seat.network]?.kind !== 'lan' && family(seat))
    if (near === undefined && !internet) {
      const where = seats.map(({ network }) => network).join(' and ')
      context.complain(
        path,
        `${via} is on no network of ${name}, which is on ${where}`,
        'the address of a neighbour on one of them',
      )
    } else if (near !== undefined && networks[near.network]?.kind === 'lan' && !isThere(context, near.network, hop)) {
      context.complain(
        path,
        `no machine on ${near.network} has the address ${via}`,
        'the address of a router, NAT or host there',
      )
    }
  }
}

/** Whether somebody has the address on a network, now or later. */
function isThere(context: Context, network: string, address: Address): boolean {
  return everyAttachment(context.scenario).some(
    place => place.network === network && textAddresses(place.attachment).includes(address.join('.')),
  )
}

/** Addresses as their bytes: one text for each. */
function textAddresses(attachment: Attachment): string[] {
  return endsOf(attachment).addresses.map(text => (parseAddress(text.split('/')[0] ?? '') ?? []).join('.'))
}

/** Everything that a machine is attached by, from the start or by a step. */
export function everyAttachment(
  scenario: Scenario,
): { readonly machine: string; readonly network: string; readonly attachment: Attachment }[] {
  const places: { machine: string; network: string; attachment: Attachment }[] = []
  const add = (machine: string, group: Readonly<Record<string, Attachment>> | undefined): void => {
    for (const [network, attachment] of Object.entries(group ?? {})) places.push({ machine, network, attachment })
  }
  for (const [name, host] of Object.entries(scenario.hosts)) add(name, host.interfaces)
  for (const [name, router] of Object.entries(scenario.routers ?? {})) add(name, router.interfaces)
  for (const [name, nat] of Object.entries(scenario.nats ?? {})) {
    add(name, nat.inside)
    add(name, nat.outside)
  }
  for (const step of scenario.steps) {
    if (step.do === 'roam') add(step.host, { [step.to ?? step.network]: step.attachment })
    if (step.do === 'nat') add(step.nat, step.outside)
  }
  return places
}
