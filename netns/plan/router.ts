/** A router: it forwards, by its routes and rules. */
import { parseAddress } from '../../scenarios/decode/address.ts'
import type { Router } from '../../scenarios/language/topology.ts'
import { CLOUD, unlimited, waysOf } from './cloud.ts'
import { bare, ipFor, isV6, type Seat } from './layout.ts'
import { policyRules } from './policy.ts'

type Route = NonNullable<Router['routes']>[number]

export function routerLines(router: Router, seats: readonly Seat[]): string[] {
  const { interfaces: _interfaces, routes = [], spread, ...policy } = router
  const rules = policyRules(policy, waysOf(seats))
  const flows = spread === 'address' ? 0 : 1
  return [
    `sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 ${unlimited()}`,
    ...(routes.some(({ equal }) => equal !== undefined)
      ? [`sysctl -qw net.ipv4.fib_multipath_hash_policy=${flows} net.ipv6.fib_multipath_hash_policy=${flows}`]
      : []),
    ...routes.flatMap((route, index) => routeLines(route, index, seats)),
    ...(rules === '' ? [] : [`nft -f - <<'END'\ntable inet wglab {\n${rules}}\nEND`]),
  ]
}

/** A route for one source has a table of its own, that is asked first. */
function routeLines({ to, via, from, equal = [] }: Route, index: number, seats: readonly Seat[]): string[] {
  const ip = ipFor(to)
  const hops = [via, ...equal].map(hop => hopWords(bare(hop), seats))
  const next = hops.length === 1 ? hops[0] : hops.map(hop => `nexthop ${hop}`).join(' ')
  if (from === undefined) return halves(to).map(half => `${ip} route add ${half} ${next}`)
  const table = 100 + index
  return [
    `${ip} route add ${to} ${next} table ${table}`,
    `${ip} rule add from ${from} lookup ${table} priority ${table}`,
  ]
}

/** Everything is two halves: the way that an interface brings with it stays as it is. */
function halves(to: string): string[] {
  if (!to.endsWith('/0')) return [to]
  return isV6(to) ? ['::/1', '8000::/1'] : ['0.0.0.0/1', '128.0.0.0/1']
}

/** On a lan the machine itself; on an internet the internet, which knows the way. */
function hopWords(via: string, seats: readonly Seat[]): string {
  const near = seats.find(({ lan, addresses }) => lan && addresses.some(address => isWithin(via, address)))
  if (near !== undefined) return `via ${via} dev ${near.eth}`
  const cloud = seats.find(({ lan }) => !lan)
  if (cloud === undefined) return `via ${via}`
  return `via ${isV6(via) ? 'fe80::1' : CLOUD} dev ${cloud.eth} onlink`
}

/** 192.168.1.7 is within 192.168.1.1/24. */
function isWithin(address: string, prefix: string): boolean {
  const [a, b] = [parseAddress(address), parseAddress(bare(prefix))]
  if (a === undefined || b === undefined || a.length !== b.length) return false
  const length = Number(prefix.split('/')[1] ?? a.length * 8)
  return a.every((byte, i) => {
    const bits = Math.min(8, Math.max(0, length - i * 8))
    return (byte ^ (b[i] ?? 0)) >> (8 - bits) === 0
  })
}
