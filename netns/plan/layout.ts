/** Who sits where, and what the parts are called on Linux: machines, their interfaces, and the network's ends of their cables. */
import { addressText, parseAddress } from '../../scenarios/decode/address.ts'
import { attachmentAddresses } from '../../scenarios/language/attachment.ts'
import { expandLink, stackLinks } from '../../scenarios/language/link-presets.ts'
import { durationNs } from '../../scenarios/language/quantity.ts'
import type { Scenario } from '../../scenarios/language/scenario.ts'
import type { Step, StepOf } from '../../scenarios/language/step.ts'
import type { Attachment, Link, Network } from '../../scenarios/language/topology.ts'
import { type Cable, qdiscs } from './cable.ts'

/** How a machine sits on a network at one time. */
export interface Ends {
  /** As written, with prefix lengths where they are written. */
  readonly addresses: readonly string[]
  readonly gateways: readonly string[]
  /** Prefixes that an internet routes to it: written with an address, and by nobody else. */
  readonly behind: readonly string[]
  readonly up: Cable
  readonly down: Cable
}

/** An interface of a machine, and the network's end of its cable. */
export interface Seat extends Ends {
  readonly machine: string
  readonly network: string
  readonly side?: 'inside' | 'outside'
  readonly lan: boolean
  /** In the machine: eth0, eth1 …, as wg-quick's users know it. */
  readonly eth: string
  readonly mac: string
  /** In the network's namespace: the machine's name where it fits. */
  readonly port: string
  readonly portMac: string
  /** It is there from the start; else a step brings the machine here. */
  readonly present: boolean
  /** Its cable has a second veth, whose qdisc delays what the machine sends. */
  readonly far: boolean
  /** Its interface is, at some time, for smaller packets than the cable brings. */
  readonly narrow: boolean
}

/** A machine comes to a place, or its addresses there change. */
export interface Move {
  readonly machine: string
  readonly from: string
  readonly network: string
  readonly ends: Ends
}

type Side = 'inside' | 'outside'
interface Place {
  readonly machine: string
  readonly network: string
  readonly side?: Side
  readonly attachment?: Attachment
}

/** `netem`: cables that name no delay have the usual one of their network. */
export function seatsOf(scenario: Scenario, netem: boolean): readonly Seat[] {
  const places = placesOf(scenario)
  const counts = new Map<string, number>()
  const taken = new Set<string>()
  return places.map((place, index): Seat => {
    const count = counts.get(place.machine) ?? 0
    counts.set(place.machine, count + 1)
    const port = portName(place, index, taken)
    taken.add(`${place.network}/${port}`)
    const number = index.toString(16).padStart(4, '0')
    const mac = `02:00:00:${number.slice(0, 2)}:${number.slice(2)}`
    const ends = place.attachment === undefined ? NOWHERE : endsOf(scenario, place.network, place.attachment)
    const lan = isLan(scenario, place.network)
    const cables = cablesOf(scenario, place, ends)
    return {
      ...ends,
      machine: place.machine,
      network: place.network,
      ...(place.side === undefined ? {} : { side: place.side }),
      lan,
      eth: `eth${count}`,
      mac: `${mac}:01`,
      port,
      portMac: `${mac}:02`,
      present: place.attachment !== undefined,
      far: cables.some(({ up }) => qdiscs(up, lan, netem).length > 0),
      narrow: cables.some(({ up, down }) => (up.mtu ?? USUAL_MTU) < (down.mtu ?? USUAL_MTU)),
    }
  })
}

/** Where a step puts a machine. */
export function movesOf(scenario: Scenario, step: Step): readonly Move[] {
  if (step.do === 'roam') {
    const network = step.to ?? step.network
    const ends = endsOf(scenario, network, step.attachment)
    return [{ machine: step.host, from: step.network, network, ends }]
  }
  if (step.do !== 'nat') return []
  return Object.entries(step.outside ?? {}).map(([network, attachment]) => {
    return { machine: step.nat, from: network, network, ends: endsOf(scenario, network, attachment) }
  })
}

export function isLan(scenario: Scenario, network: string): boolean {
  return networkOf(scenario, network)?.kind === 'lan'
}

/** `10.0.0.2` of `10.0.0.2/24` */
export function bare(address: string): string {
  return address.split('/')[0] ?? address
}

export function isV6(address: string): boolean {
  return address.includes(':')
}

/** `198.51.100.1/32`: the address and nothing beside it. */
export function alone(address: string): string {
  return `${bare(address)}/${isV6(address) ? 128 : 32}`
}

/** `ip` or `ip -6`, by the address. */
export function ipFor(address: string): string {
  return isV6(address) ? 'ip -6' : 'ip'
}

function endsOf(scenario: Scenario, network: string, attachment: Attachment): Ends {
  const place = networkOf(scenario, network)
  const long = typeof attachment === 'string' || Array.isArray(attachment) ? { address: attachment } : attachment
  const addresses = textsOf(long.address)
  const over = (own: Link | undefined) => ('link' in long ? stackLinks(long.link, own) : own)
  const cable = (direction: 'up' | 'down'): Cable => {
    const own =
      'link' in long || direction in long
        ? over((long as Extract<Attachment, { address: unknown }>)[direction])
        : undefined
    const { preset: _preset, ...link } = expandLink(stackLinks(place?.link, own), direction)
    return link
  }
  const named = 'gateway' in long && long.gateway !== undefined ? textsOf(long.gateway) : gatewaysOf(place)
  const own = new Set(addresses.map(bare))
  return {
    addresses,
    gateways: named.map(bare).filter(gateway => !own.has(gateway)),
    behind: place?.kind === 'lan' ? [] : behindOf(scenario, network, addresses),
    up: cable('up'),
    down: cable('down'),
  }
}

/** What its cable is like, from the start and by steps. */
function cablesOf(scenario: Scenario, { machine, network }: Place, ends: Ends): Pick<Ends, 'up' | 'down'>[] {
  const all: Pick<Ends, 'up' | 'down'>[] = [ends]
  for (const step of scenario.steps.toSorted((a, b) => durationNs(a.at) - durationNs(b.at))) {
    for (const move of movesOf(scenario, step)) {
      if (move.machine === machine && move.network === network) all.push(move.ends)
    }
    if (step.do === 'link' && step.node === machine && step.network === network)
      all.push(changedEnds(all.at(-1) ?? ends, step))
  }
  return all
}

/** A cable after a step: what the step does not name stays. */
export function changedEnds<T extends Pick<Ends, 'up' | 'down'>>(ends: T, { direction, set }: StepOf<'link'>): T {
  return {
    ...ends,
    up: direction === 'down' ? ends.up : changed(ends.up, set, 'up'),
    down: direction === 'up' ? ends.down : changed(ends.down, set, 'down'),
  }
}

function changed(cable: Cable, set: Link, direction: 'up' | 'down'): Cable {
  const { preset: _preset, ...link } = expandLink(stackLinks(cable, set), direction)
  return link
}

const NOWHERE: Ends = { addresses: [], gateways: [], behind: [], up: {}, down: {} }
export const USUAL_MTU = 1500

/** A prefix that two machines write is but their common notation. */
function behindOf(scenario: Scenario, network: string, addresses: readonly string[]): string[] {
  const written = placesOf(scenario).filter(place => place.network === network)
  return addresses.flatMap(address => {
    const prefix = maskOf(address)
    if (prefix === undefined) return []
    const writers = written.filter(({ attachment }) => {
      return attachment !== undefined && attachmentAddresses(attachment).some(each => maskOf(each) === prefix)
    })
    return new Set(writers.map(({ machine }) => machine)).size > 1 ? [] : [prefix]
  })
}

/** `2001:db8:1::/48` of `2001:db8:1::1/48`; undefined for a whole address. */
function maskOf(address: string): string | undefined {
  const bytes = parseAddress(bare(address))
  const length = Number(address.split('/')[1] ?? 128)
  if (bytes === undefined || length >= bytes.length * 8) return undefined
  const masked = bytes.map((byte, i) => byte & (0xff << Math.min(8, Math.max(0, 8 - (length - i * 8)))))
  return `${addressText(masked)}/${length}`
}

function gatewaysOf(network: Network | undefined): readonly string[] {
  return network?.kind === 'lan' && network.gateway !== undefined ? textsOf(network.gateway) : []
}

function textsOf(texts: string | readonly string[]): readonly string[] {
  return typeof texts === 'string' ? [texts] : texts
}

/** Hosts, NATs (inside first), routers, each in the order of the scenario; where steps bring them, at the end of each machine. */
function placesOf(scenario: Scenario): Place[] {
  const list = (machine: string, group: Readonly<Record<string, Attachment>>, side?: Side): Place[] =>
    Object.entries(group).map(([network, attachment]) => ({
      machine,
      network,
      attachment,
      ...(side === undefined ? {} : { side }),
    }))
  const later = (machine: string, present: readonly Place[]): Place[] => {
    const roams = scenario.steps.filter((step): step is StepOf<'roam'> => step.do === 'roam' && step.host === machine)
    const news = new Set(roams.flatMap(({ to }) => to ?? []))
    for (const { network } of present) news.delete(network)
    return [...present, ...[...news].map(network => ({ machine, network }))]
  }
  return [
    ...Object.entries(scenario.hosts).flatMap(([name, host]) => later(name, list(name, host.interfaces))),
    ...Object.entries(scenario.nats ?? {}).flatMap(([name, nat]) => [
      ...list(name, nat.inside, 'inside'),
      ...list(name, nat.outside, 'outside'),
    ]),
    ...Object.entries(scenario.routers ?? {}).flatMap(([name, router]) => list(name, router.interfaces)),
  ]
}

/** 13 characters: a cable's other ends have two more, and Linux allows 15. */
function portName({ machine, network }: Place, index: number, taken: ReadonlySet<string>): string {
  const free =
    machine.length <= 13 && !['lo', 'all', 'default'].includes(machine) && !taken.has(`${network}/${machine}`)
  return free ? machine : `port${index}`
}

function networkOf(scenario: Scenario, name: string): Network | undefined {
  return Object.hasOwn(scenario.networks, name) ? scenario.networks[name] : undefined
}
