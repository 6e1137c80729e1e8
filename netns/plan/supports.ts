/** What real Linux with a real clock can not do of a scenario. A no is a verdict with a reason that names who and what. */
import { durationNs } from '../../scenarios/language/quantity.ts'
import type { Cast, Scenario } from '../../scenarios/language/scenario.ts'
import type { Step, StepOf } from '../../scenarios/language/step.ts'
import type { Host } from '../../scenarios/language/topology.ts'
import type { Support } from '../../scenarios/language/verdict.ts'
import { asksForNetem, type Cable, cableRefusal } from './cable.ts'
import { mtusOf } from './cloud.ts'
import { secretInLine } from './host.ts'
import { changedEnds, isLan, movesOf, type Seat, seatsOf } from './layout.ts'
import { natRefusal } from './nat.ts'
import { policyRefusal } from './policy.ts'

export interface SupportOptions {
  /** Default true. false: the machine has no netem. */
  readonly netem?: boolean
}

export function supportsNetns(scenario: Scenario, cast: Cast, { netem = true }: SupportOptions = {}): Support {
  const seats = seatsOf(scenario, true)
  const because =
    castRefusal(scenario, cast) ??
    first(Object.entries(scenario.hosts), ([name, host]) => hostRefusal(name, host)) ??
    networkRefusal(scenario, seats) ??
    first(Object.entries(scenario.nats ?? {}), ([name, nat]) => {
      const outside = seats.filter(({ machine, side }) => machine === name && side === 'outside')
      return named(name, natRefusal(nat, outside))
    }) ??
    first(Object.entries(scenario.routers ?? {}), ([name, router]) => named(name, policyRefusal(router))) ??
    first(scenario.steps, (step, number) =>
      named(`the ${step.do} step ${stepName(step, number)}`, stepRefusal(scenario, seats, step)),
    )
  if (because !== undefined) return { ok: false, verdict: 'unsupported', because }
  const late = netem ? undefined : netemUse(scenario, seats)
  return late === undefined ? { ok: true } : { ok: false, verdict: 'skipped', because: late }
}

const KERNELS = /^kernel(-\d+\.\d+)?$/
const PROGRAMS = ['ours', 'wireguard-go', 'boringtun']

function castRefusal(scenario: Scenario, cast: Cast): string | undefined {
  return first(Object.entries(cast), ([name, implementation]) => {
    if (scenario.nats !== undefined && Object.hasOwn(scenario.nats, name))
      return `${name} is a NAT, which the kernel of the machine plays here, not ${implementation}`
    if (scenario.routers !== undefined && Object.hasOwn(scenario.routers, name))
      return `${name} is a router, which the kernel of the machine plays here, not ${implementation}`
    if (!Object.hasOwn(scenario.hosts, name)) return `the cast names a host "${name}", which the scenario does not have`
    if (KERNELS.test(implementation) || PROGRAMS.includes(implementation) || /^exec:./.test(implementation))
      return undefined
    return `nothing here is called ${implementation} (write ${PROGRAMS.join(', ')}, kernel-6.12, kernel-6.1 or exec:PROGRAM)`
  })
}

function hostRefusal(name: string, host: Host): string | undefined {
  if (host.probe === true) return `${name} is a probe, which the lab plays in the simulator only`
  const keys: readonly (readonly [keyof Host, string])[] = [
    ['clock', 'has a clock of its own, and all machines here share one'],
    ['timers', 'says which clock its timers have, and here its implementation says it'],
    ['radio', 'has a radio that dozes, which a veth does not'],
    ['services', 'runs services, which are programs of the simulator'],
    ['outer_df', 'says what its tunnel does with DF, and here its implementation says it'],
    ['handshake_cost', 'says what a handshake costs, and here it costs what it costs'],
  ]
  const found = keys.find(([key]) => host[key] !== undefined)
  if (found !== undefined) return `${name} ${found[1]}`
  return first(Object.entries(host.wg ?? {}), ([iface, text]) => {
    const secret = secretInLine(text.replace(/^\s*(PrivateKey|PresharedKey)\s*=.*$/gim, ''))
    return secret === undefined ? undefined : `${name} would have the key ${secret} in a command line of ${iface}`
  })
}

function networkRefusal(scenario: Scenario, seats: readonly Seat[]): string | undefined {
  return (
    first(Object.entries(scenario.networks), ([name, network]) => {
      if (network.dns64 !== undefined) return `${name} has DNS64, and nothing here resolves names`
      const { kind, link: _link, gateway: _gateway, dns64: _dns64, ...policy } = network
      const [key] = Object.keys(policy)
      if (kind === 'lan')
        return key === undefined ? undefined : `${name} is a lan with "${key}", and a bridge has no such rules`
      return named(name, policyRefusal(policy))
    }) ??
    first(seats, seat => cablesRefusal(seat.machine, seat.network, seat.lan, seat)) ??
    first(seats, ({ lan, gateways, machine, network }) =>
      lan || gateways.length === 0
        ? undefined
        : `${machine} has a gateway on ${network}, and who is on an internet sends all to it`,
    )
  )
}

function cablesRefusal(
  machine: string,
  network: string,
  lan: boolean,
  { up, down }: { readonly up: Cable; readonly down: Cable },
) {
  const name = `the cable of ${machine} on ${network}`
  const because = named(name, cableRefusal(up, lan) ?? cableRefusal(down, lan))
  if (because !== undefined) return because
  const [a, b] = mtusOf({ up, down })
  if (lan && a > b) return `${name} has an MTU of ${a} up and ${b} down, and the port of a bridge has one`
  if (lan && (up.cut ?? false) !== (down.cut ?? false))
    return `${name} is cut in one direction, and a bridge's port is up or down`
  return undefined
}

function stepRefusal(scenario: Scenario, seats: readonly Seat[], step: Step): string | undefined {
  switch (step.do) {
    case 'ping':
    case 'send':
    case 'tcp':
      return undefined
    case 'roam':
      return first(movesOf(scenario, step), ({ machine, network, ends }) => {
        if (ends.gateways.length > 0 && !isLan(scenario, network)) return `gives ${machine} a gateway on an internet`
        return cablesRefusal(machine, network, isLan(scenario, network), ends)
      })
    case 'link':
      return linkRefusal(scenario, seats, step)
    case 'nat':
      return natStepRefusal(step)
    case 'reboot': {
      const texts = Object.values(scenario.hosts[step.host]?.wg ?? {})
      return texts.some(text => /^\s*(SaveConfig\s*=\s*true|PreDown)/im.test(text))
        ? `would run PreDown or save the configuration of ${step.host}, and a machine that loses power does not`
        : undefined
    }
    case 'run': {
      const secret = secretInLine(step.command)
      return secret === undefined ? undefined : `has the key ${secret} in its command line, where everybody can read it`
    }
    case 'dns':
      return step.to === 'no-answer'
        ? 'has a resolver that does not answer, and here names are in /etc/hosts'
        : undefined
    case 'clock':
      return `sets the clock of ${step.host}, and all machines here share one`
    case 'suspend':
      return `sends ${step.host} to sleep, and all machines here share one clock`
    case 'lookup':
      return `asks a resolver for ${step.domain}, and nothing here resolves names`
    case 'service':
      return `is for a service of ${step.host}, and services are programs of the simulator`
    case 'probe':
      return `is played by the probe ${step.host}, which is in the simulator only`
  }
}

function linkRefusal(scenario: Scenario, seats: readonly Seat[], step: StepOf<'link'>): string | undefined {
  const seat = seats.find(({ machine, network }) => machine === step.node && network === step.network)
  if (seat === undefined) return `is for ${step.node} on ${step.network}, where it never is`
  const { set } = step
  const ends = changedEnds(seat, step)
  if (set.blackouts !== undefined) return 'sets blackouts, which are planned from the start only'
  const others = seats
    .filter(({ network }) => network === step.network)
    .flatMap(({ up, down }) => [...(up.lose ?? []), ...(down.lose ?? [])])
  if ((set.lose ?? set.ecn ?? set.dscp) !== undefined && others.some(rule => rule.nth !== undefined))
    return `changes rules of ${step.network}, where others count packets from the start`
  return cablesRefusal(seat.machine, seat.network, isLan(scenario, step.network), ends)
}

function natStepRefusal({ rebind, ports, nat, map }: StepOf<'nat'>): string | undefined {
  if (rebind !== undefined) return `moves the mappings of ${nat} to another end, and conntrack can only forget them`
  if (ports !== undefined) return `says which ports ${nat} gives afterwards, and conntrack gives what is free`
  const lease = map?.lease === undefined ? 1e9 : durationNs(map.lease)
  if (lease % 1e9 !== 0) return `asks ${nat} for a part of a second`
  return map?.to.startsWith('[') === true ? `asks ${nat} for a port by IPv6` : undefined
}

function netemUse(scenario: Scenario, seats: readonly Seat[]): string | undefined {
  const later = scenario.steps.flatMap(step => [
    ...movesOf(scenario, step).map(({ machine, network, ends }) => ({ machine, network, ...ends })),
    ...(step.do === 'link' ? [{ machine: step.node, network: step.network, up: step.set, down: step.set }] : []),
  ])
  const found = [...seats, ...later].find(({ up, down }) => asksForNetem(up) || asksForNetem(down))
  return found === undefined
    ? undefined
    : `the cable of ${found.machine} on ${found.network} needs netem, which this machine's kernel lacks (CONFIG_NET_SCH_NETEM)`
}

function stepName(step: Step, number: number): string {
  return step.name === undefined ? `#${number}` : `"${step.name}"`
}

function named(name: string, because: string | undefined): string | undefined {
  return because === undefined ? undefined : because.startsWith('the cable') ? because : `${name} ${because}`
}

function first<T>(list: readonly T[], ask: (item: T, index: number) => string | undefined): string | undefined {
  for (const [index, item] of list.entries()) {
    const because = ask(item, index)
    if (because !== undefined) return because
  }
  return undefined
}
