/** The real boxes of a world: which machine plays which part of a scenario. */
import type { Address, Instant, Random, WallTime } from '../impl/box.ts'
import type { CryptoProvider } from '../impl/crypto/provider.ts'
import { formatAddress, parsePrefix } from '../impl/ip/address.ts'
import type { Scenario } from '../scenarios/language/scenario.ts'
import type { Attachment, Host as HostSpec } from '../scenarios/language/topology.ts'
import { Host } from './host/host.ts'
import type { HostOptions } from './host/options.ts'
import { Probe } from './host/probe.ts'
import type { KeyRing } from './keys.ts'
import { endsOf, layoutOf, type Role, type Seat } from './layout.ts'
import { Cloud } from './net/cloud.ts'
import { embeddingPrefix, synthesize } from './net/embed.ts'
import { Copies } from './net/faults.ts'
import { Cable } from './net/link.ts'
import { Nat } from './net/nat.ts'
import { Router } from './net/router.ts'
import { Switch } from './net/switch.ts'
import type { Node } from './node.ts'
import { Resolver } from './resolver.ts'
import type { Parts } from './topology.ts'

/** The true time of day when a run begins: 2026-01-01 00:00:00 UTC, in every run. */
export const EPOCH: WallTime = { sec: 1_767_225_600, nsec: 0 }

/** Other luck than the seed's for what some hosts draw themselves; the network's chance stays as it is. */
export interface Dice {
  readonly hosts: readonly string[]
  /** Which luck: any text. */
  readonly draw: string
  /** Their timers are as late as on a kernel's wheel with jiffies of this length, ns. Default: exact. */
  readonly timerWheel_ns?: number
  /** What that wheel's clock shows when the run begins. */
  readonly timerWheelStart_ns?: number
}

export interface PartsOptions {
  readonly scenario: Scenario
  readonly random: Random
  readonly crypto: CryptoProvider
  readonly keys: KeyRing
  /** Default: one of the scenario's names, which nothing changes. */
  readonly resolver?: Resolver
  readonly dice?: Dice
  /** A real machine in the place of this host; undefined: ours. */
  readonly guest?: (
    options: HostOptions,
  ) => (Node & { report?(now: Instant): void; readonly isGuest?: boolean }) | undefined
  /** The same for a NAT or a router. */
  readonly guestNat?: (options: GuestNatOptions) => (Node & { readonly isGuest?: boolean }) | undefined
}

export interface GuestNatOptions {
  readonly name: string
  readonly role: Extract<Role, { kind: 'nat' | 'router' }>
  readonly seats: readonly Seat[]
}

export function realParts(options: PartsOptions): Parts {
  const { scenario, random } = options
  const copies = new Copies()
  const steps = scenario.steps.map((step, index) => step.name ?? `#${index}`)
  const owners = ownersOf(scenario)
  const whoHas = (address: Address): string | undefined => owners.get(formatAddress(address))
  const isInternet = (network: string): boolean => scenario.networks[network]?.kind !== 'lan'
  return {
    machine(name, role, seats) {
      const chance = random.split('machine').split(name)
      const internet = seats.flatMap(({ network }) => (isInternet(network) ? [network] : []))
      switch (role.kind) {
        case 'network':
          return role.network.kind === 'lan' ? new Switch({ name }) : new Cloud({ name, spec: role.network })
        case 'router':
          return options.guestNat?.({ name, role, seats }) ?? new Router({ name, spec: role.router, internet })
        case 'nat':
          return options.guestNat?.({ name, role, seats }) ?? new Nat({ name, spec: role.nat, random: chance })
        case 'host': {
          const made = hostOptions(options, name, role.host, chance, seats, steps)
          return options.guest?.(made) ?? (role.host.probe === true ? new Probe(made, whoHas) : new Host(made))
        }
      }
    },
    cable(name, place, link) {
      return new Cable({ name: place, random: random.split('cable').split(name), link, copies })
    },
  }
}

/** Every address on a network, from the start or by a later step, and who has it. */
function ownersOf(scenario: Scenario): ReadonlyMap<string, string> {
  const owners = new Map<string, string>()
  const claim = (machine: string, attachment: Attachment): void => {
    for (const text of endsOf(attachment).addresses) {
      const prefix = parsePrefix(text)
      const address = prefix === undefined ? text : formatAddress(prefix.address)
      if (!owners.has(address)) owners.set(address, machine)
    }
  }
  for (const { machine, addresses } of layoutOf(scenario).seats) {
    for (const { address } of addresses) owners.set(formatAddress(address), machine)
  }
  for (const step of scenario.steps) {
    if (step.do === 'roam') claim(step.host, step.attachment)
    if (step.do === 'nat') for (const attachment of Object.values(step.outside ?? {})) claim(step.nat, attachment)
  }
  return owners
}

function hostOptions(
  { scenario, crypto, keys, resolver = new Resolver(scenario.names), dice }: PartsOptions,
  name: string,
  spec: HostSpec,
  random: Random,
  seats: readonly Seat[],
  steps: readonly string[],
): HostOptions {
  const luck = dice?.hosts.includes(name) === true ? dice : undefined
  const dns64 = seats.flatMap(({ network }) => embeddingPrefix(scenario.networks[network]?.dns64 ?? '') ?? [])[0]
  return {
    name,
    spec,
    random: luck === undefined ? random : random.split('dice').split(luck.draw),
    crypto,
    keys,
    ...(luck?.timerWheel_ns === undefined ? {} : { timerWheel_ns: luck.timerWheel_ns }),
    ...(luck?.timerWheelStart_ns === undefined ? {} : { timerWheelStart_ns: luck.timerWheelStart_ns }),
    resolve: host => synthesize(dns64, resolver.ask(host)),
    knows: host => resolver.knows(host),
    epoch: EPOCH,
    attachments: seats.map(({ network, addresses, gateways, onlink, up }) => ({
      port: network,
      addresses,
      gateways,
      mtu: up.mtu,
      onlink,
    })),
    steps,
    revealSecrets: true,
  }
}
