/** NATs and routers of a scenario as guests: what they can play, and the commands that make one. */
import type { Scenario } from '../../scenarios/language/scenario.ts'
import type { Step } from '../../scenarios/language/step.ts'
import type { Nat, Router } from '../../scenarios/language/topology.ts'
import type { PortOptions } from '../host/options.ts'
import type { Seat } from '../layout.ts'
import type { GuestNatOptions } from '../parts.ts'
import { natPlan } from './nat-plan.ts'
import { natCommands } from './nat-rules.ts'
import { attachCommands } from './setup.ts'

/** A kernel is what forwards: a program that speaks WireGuard does not. */
const KERNELS = ['kernel-6.12', 'kernel-6.1'] as const
const ROUTER_KEYS = new Set<keyof Router>(['interfaces', 'routes'])

/** Why this NAT or router can not be played so; undefined: it can. */
export function middleRefusal(scenario: Scenario, name: string, implementation: string): string | undefined {
  const nat = find(scenario.nats, name)
  const router = find(scenario.routers, name)
  const what = nat === undefined ? 'router' : 'NAT'
  if (!(KERNELS as readonly string[]).includes(implementation))
    return `${name} is a ${what}, which ${implementation} is not (write ours or ${KERNELS.join(' or ')})`
  const whole = `${name} is to be ${implementation}`
  if (nat !== undefined) {
    const plan = natPlan(nat)
    if (plan.kind === 'refuses') return `${whole}, and ${name} ${plan.because}`
  }
  for (const key of Object.keys(router ?? {}) as (keyof Router)[]) {
    if (!ROUTER_KEYS.has(key)) return `${whole}, in a guest, which has no "${key}"`
  }
  if (router?.routes?.some(route => route.equal !== undefined))
    return `${whole}, in a guest, which has no "equal" routes`
  for (const step of scenario.steps) {
    const because = stepRefusal(step, name)
    if (because !== undefined) return `${whole}, in a guest, ${because}`
  }
  return undefined
}

export function isMiddle(scenario: Scenario, name: string): boolean {
  return find(scenario.nats, name) !== undefined || find(scenario.routers, name) !== undefined
}

/** All but forgetting every flow is for our own NAT. */
function stepRefusal(step: Step, name: string): string | undefined {
  if (step.do !== 'nat' || step.nat !== name) return undefined
  const { do: _do, at: _at, name: _name, nat: _nat, flush, ...others } = step
  const [other] = Object.keys(others)
  return other === undefined && flush === true ? undefined : `whose NAT is not told "${other ?? 'flush'}" by a step`
}

export function middlePorts(seats: readonly Seat[]): PortOptions[] {
  return seats.map(({ network, addresses, gateways, onlink, up }) => ({
    port: network,
    addresses,
    gateways,
    mtu: up.mtu,
    onlink,
  }))
}

/** As root would type them; nothing of it sends a packet. Throws a RangeError for what `middleRefusal` names. */
export function middleCommands({ role, name }: GuestNatOptions, ports: readonly PortOptions[]): string[] {
  const interfaces = [
    'sysctl -qw net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.all.accept_ra=0 net.ipv6.conf.all.router_solicitations=0',
    'sysctl -qw net.ipv6.conf.default.accept_dad=0 net.ipv6.conf.default.accept_ra=0 net.ipv6.conf.default.router_solicitations=0',
    ...ports.flatMap((port, i) => [`ip link set eth${i} name ${port.port} addrgenmode none`, ...attachCommands(port)]),
  ]
  switch (role.kind) {
    case 'nat':
      return [...interfaces, ...planned(name, role.nat)]
    case 'router':
      return [
        ...interfaces,
        'sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1',
        ...(role.router.routes ?? []).flatMap(routeCommands),
      ]
  }
}

function planned(name: string, spec: Nat): string[] {
  const plan = natPlan(spec)
  if (plan.kind === 'refuses') throw new RangeError(`${name} ${plan.because}`)
  return natCommands(plan.nat)
}

/** A route for one source has a table of its own, that is asked first. */
function routeCommands({ to, via, from }: NonNullable<Router['routes']>[number], index: number): string[] {
  const family = to.includes(':') ? 'ip -6' : 'ip'
  // In halves where it is everything: the way to the next hops themselves stays as it is.
  const halves = to.endsWith('/0') ? (to.includes(':') ? ['::/1', '8000::/1'] : ['0.0.0.0/1', '128.0.0.0/1']) : [to]
  if (from === undefined) return halves.map(half => `${family} route add ${half} via ${via}`)
  const table = 100 + index
  return [
    `${family} route add ${to} via ${via} table ${table}`,
    `${family} rule add from ${from} lookup ${table} priority ${table}`,
  ]
}

function find<T>(group: Readonly<Record<string, T>> | undefined, name: string): T | undefined {
  return group !== undefined && Object.hasOwn(group, name) ? group[name] : undefined
}
