/** Names, places, addresses, gateways and cables. */

import type { Address } from '../../impl/box.ts'
import {
  addressInPrefix,
  family,
  formatAddress,
  formatPrefix,
  isBroadcast,
  isLoopback,
  isMulticast,
  isUnspecified,
  maskPrefix,
  parseAddress,
  parsePrefix,
  sameAddress,
} from '../../impl/ip/address.ts'
import { rateBits } from '../../scenarios/language/quantity.ts'
import type { Attachment, Link } from '../../scenarios/language/topology.ts'
import { attachmentsOf, endsOf, type Role, textsOf } from '../layout.ts'
import type { InterfaceAddress } from '../node.ts'
import { checkFields } from './links.ts'
import { checkNat } from './nat.ts'
import type { Context, Path } from './problem.ts'

/** An address that somebody has on a network at some time, and where the scenario says so. */
interface Claim {
  readonly machine: string
  readonly network: string
  readonly prefix: InterfaceAddress
  readonly path: Path
  /** From the start, not by a later step. */
  readonly first: boolean
}

export function checkNetworks(context: Context): void {
  const { scenario } = context
  for (const [name, network] of Object.entries(scenario.networks)) {
    const path = ['networks', name]
    checkLink(context, [...path, 'link'], network.link)
    if (network.gateway === undefined) continue
    if (network.kind !== 'lan') {
      context.complain(
        [...path, 'gateway'],
        'an internet knows every way itself: only a lan has a gateway',
        '"kind": "lan", or no gateway',
      )
    }
    checkGateways(context, [...path, 'gateway'], textsOf(network.gateway))
  }
  const claims: Claim[] = []
  for (const [machine, role] of context.layout.machines) {
    for (const { network, side, attachment } of attachmentsOf(role)) {
      const path = [...placeOf(role, machine), ...(side === undefined ? [] : [side]), network]
      checkAttachment(context, path, { machine, network, first: true }, attachment, claims)
    }
    checkMachine(context, machine, role)
  }
  for (const [index, step] of scenario.steps.entries()) {
    if (step.do === 'roam') {
      const seat = { machine: step.host, network: step.to ?? step.network, first: false }
      checkAttachment(context, ['steps', index, 'attachment'], seat, step.attachment, claims)
    }
    if (step.do === 'link') checkLink(context, ['steps', index, 'set'], step.set)
    if (step.do !== 'nat') continue
    for (const [network, attachment] of Object.entries(step.outside ?? {})) {
      const seat = { machine: step.nat, network, first: false }
      checkAttachment(context, ['steps', index, 'outside', network], seat, attachment, claims)
    }
  }
  checkLans(context, claims)
}

/** Where the interfaces of a machine stand in the scenario. */
function placeOf(role: Role, name: string): Path {
  switch (role.kind) {
    case 'network':
      return ['networks', name]
    case 'host':
      return ['hosts', name, 'interfaces']
    case 'router':
      return ['routers', name, 'interfaces']
    case 'nat':
      return ['nats', name]
  }
}

function checkMachine(context: Context, name: string, role: Role): void {
  if (role.kind === 'nat') {
    const path = ['nats', name]
    for (const side of ['inside', 'outside'] as const) {
      if (Object.keys(role.nat[side]).length > 0) continue
      context.complain([...path, side], `a NAT needs a network ${side}`, `"${side}": { "internet": "203.0.113.1" }`)
    }
    for (const network of Object.keys(role.nat.outside)) {
      if (!Object.hasOwn(role.nat.inside, network)) continue
      context.complain([...path, 'outside', network], `${network} is inside of this NAT as well`, 'another network')
    }
    checkNat(context, path, role.nat)
  }
  if (role.kind !== 'router') return
  for (const [index, { to, via }] of (role.router.routes ?? []).entries()) {
    const path = ['routers', name, 'routes', index]
    const prefix = parsePrefix(to)
    const next = parseAddress(via)
    if (prefix === undefined) context.complain([...path, 'to'], `"${to}" is no prefix`, '10.1.0.0/16')
    if (next === undefined) context.complain([...path, 'via'], `"${via}" is no address`, '10.0.0.2')
    if (prefix === undefined || next === undefined) continue
    if (prefix.address.length !== next.length) {
      context.complain(
        [...path, 'via'],
        `${to} is IPv${family(prefix.address)}, and ${via} is IPv${family(next)}`,
        'both of one family',
      )
    }
  }
}

/** One attachment: its network, its addresses, its gateways, its cables. Its addresses are added to the claims. */
function checkAttachment(
  context: Context,
  path: Path,
  seat: { readonly machine: string; readonly network: string; readonly first: boolean },
  attachment: Attachment,
  claims: Claim[],
): void {
  const { networks } = context.scenario
  const lan = networks[seat.network]?.kind === 'lan'
  const { addresses, gateways, up, down } = endsOf(attachment)
  const long = typeof attachment === 'object' && !Array.isArray(attachment)
  checkLink(context, [...path, 'up'], up)
  checkLink(context, [...path, 'down'], down)
  const own: InterfaceAddress[] = []
  for (const [index, text] of addresses.entries()) {
    const list = long ? Array.isArray(attachment.address) : Array.isArray(attachment)
    const place = [...path, ...(long ? ['address'] : []), ...(list ? [index] : [])]
    const prefix = checkAddress(context, place, text, lan)
    if (prefix === undefined) continue
    own.push(prefix)
    claims.push({ ...seat, prefix, path: place })
  }
  for (const gateway of checkGateways(context, [...path, 'gateway'], gateways ?? [])) {
    const known = own.filter(({ address }) => address.length === gateway.length)
    const text = formatAddress(gateway)
    if (known.length === 0 && own.length > 0) {
      context.complain(
        [...path, 'gateway'],
        `the gateway ${text} is IPv${family(gateway)}, and no address here is`,
        'a gateway of the same family',
      )
    } else if (lan && own.length > 0 && !known.some(prefix => addressInPrefix(gateway, prefix))) {
      context.complain(
        [...path, 'gateway'],
        `the gateway ${text} is outside of ${known.map(formatPrefix).join(', ')}`,
        'an address on the lan',
      )
    }
  }
}

function checkAddress(context: Context, path: Path, text: string, lan: boolean): InterfaceAddress | undefined {
  const prefix = parsePrefix(text)
  if (prefix === undefined) {
    context.complain(
      path,
      `"${text}" is no address`,
      lan ? '192.168.1.2/24 or fd00::2/64' : '203.0.113.5 or 2001:db8::5',
    )
    return undefined
  }
  const { address, length } = prefix
  const wrong = isMulticast(address)
    ? 'a multicast address'
    : isUnspecified(address)
      ? 'the unspecified address'
      : undefined
  const odd = isLoopback(address) ? 'a loopback address' : isBroadcast(address) ? 'the broadcast address' : wrong
  if (odd !== undefined) {
    context.complain(path, `${text} is ${odd}: no machine can have it on a network`, 'a unicast address')
    return undefined
  }
  if (address.length === 4 && length < 31) {
    const host = hostBits(address, length)
    if (host !== undefined) {
      context.complain(
        path,
        `${text} is the ${host} address of its prefix, not a machine's`,
        'another address of the prefix',
      )
      return undefined
    }
  }
  return prefix
}

function hostBits(address: Address, length: number): 'network' | 'broadcast' | undefined {
  let bits = ''
  for (const byte of address) bits += byte.toString(2).padStart(8, '0')
  const host = bits.slice(length)
  return !host.includes('1') ? 'network' : !host.includes('0') ? 'broadcast' : undefined
}

function checkGateways(context: Context, path: Path, texts: readonly string[]): Address[] {
  const gateways: Address[] = []
  for (const text of texts) {
    const address = parseAddress(text)
    if (address === undefined) {
      const bare = text.split('/')[0] ?? ''
      const instead = parseAddress(bare) === undefined ? '192.168.1.1 or fd00::1' : bare
      context.complain(path, `"${text}" is no gateway: an address without a prefix length`, instead)
    } else if (gateways.some(other => other.length === address.length)) {
      context.complain(path, `two gateways of IPv${family(address)}`, 'one for each family')
    } else gateways.push(address)
  }
  return gateways
}

export function checkLink(context: Context, path: Path, link: Link | undefined): void {
  if (link === undefined) return
  checkFields(context, path, link)
  if (link.rate === undefined) return
  if (rateBits(link.rate) < 1)
    context.complain([...path, 'rate'], `a rate of ${link.rate} lets nothing pass`, '"cut": true')
}

/** On each lan: prefixes that fit each other, and gateways that are somebody. */
function checkLans(context: Context, claims: readonly Claim[]): void {
  const { scenario } = context
  const claimsAt = grouped(claims)
  const seatsAt = grouped(context.layout.seats)
  for (const [name, network] of Object.entries(scenario.networks)) {
    if (network.kind !== 'lan') continue
    const here = claimsAt.get(name) ?? []
    checkPrefixes(context, name, here)
    for (const text of textsOf(network.gateway)) {
      const gateway = parseAddress(text)
      if (gateway !== undefined) checkGatewayIsThere(context, ['networks', name, 'gateway'], name, gateway, here)
    }
    const router = here.find(claim => claim.first && Object.hasOwn(scenario.nats?.[claim.machine]?.inside ?? {}, name))
    for (const seat of seatsAt.get(name) ?? []) {
      for (const gateway of seat.gateways) {
        if (textsOf(network.gateway).some(text => text === formatAddress(gateway))) continue
        checkGatewayIsThere(context, ['hosts', seat.machine, 'interfaces', name, 'gateway'], name, gateway, here)
      }
      if (router === undefined || seat.gateways.length > 0 || !Object.hasOwn(scenario.hosts, seat.machine)) continue
      const instead = `"gateway": "${formatAddress(router.prefix.address)}" in /networks/${name}`
      context.complain(
        ['networks', name],
        `${seat.machine} has no gateway here, so it will never use ${router.machine}`,
        instead,
      )
      break
    }
  }
}

function checkGatewayIsThere(
  context: Context,
  path: Path,
  network: string,
  gateway: Address,
  here: readonly Claim[],
): void {
  if (here.some(({ prefix }) => sameAddress(prefix.address, gateway))) return
  context.complain(
    path,
    `no machine on ${network} has the gateway's address ${formatAddress(gateway)}`,
    'the address of a NAT, router or host there',
  )
}

function grouped<T extends { readonly network: string }>(items: readonly T[]): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const group = groups.get(item.network)
    if (group === undefined) groups.set(item.network, [item])
    else group.push(item)
  }
  return groups
}

/** A prefix that one machine alone has, where there are others of its family, is a mistake of that machine. */
function checkPrefixes(context: Context, network: string, here: readonly Claim[]): void {
  for (const length of [4, 16]) {
    const owners = new Map<string, Set<string>>()
    const family = here.filter(claim => claim.prefix.address.length === length)
    for (const { machine, prefix } of family) {
      const text = formatPrefix(maskPrefix(prefix))
      owners.set(text, (owners.get(text) ?? new Set()).add(machine))
    }
    const machines = new Set(family.map(({ machine }) => machine))
    if (machines.size < 2) continue
    for (const claim of family) {
      const own = formatPrefix(maskPrefix(claim.prefix))
      if ((owners.get(own)?.size ?? 0) > 1) continue
      const other = [...owners.keys()].find(text => text !== own)
      if (other === undefined) continue
      context.complain(
        claim.path,
        `${formatPrefix(claim.prefix)} is outside of the prefix of ${network}, ${other}`,
        `an address in ${other}`,
      )
    }
  }
}
