/** Does what NATs, routers and networks are said to do at the edge of RFC 4787 make sense? */
import ipaddr from 'ipaddr.js'
import { attachmentAddresses, withoutPrefix } from './attachment.ts'
import type { NatEdgeSpec } from './nat-edge.ts'
import type { Path } from './pointer.ts'
import type { Nat, Router } from './topology.ts'
import { type Context, checkAddress, checkEndpoint, complain } from './validate-context.ts'

/** RFC 6052 §2.2. */
const EMBEDDING = [32, 40, 48, 56, 64, 96]

export function checkEdges(context: Context): void {
  const { nats = {}, networks, routers = {}, steps } = context.scenario
  for (const [name, network] of Object.entries(networks)) {
    if (network.dns64 !== undefined) checkEmbedding(context, ['networks', name, 'dns64'], network.dns64)
  }
  for (const [name, router] of Object.entries(routers)) checkMiddle(context, ['routers', name], router)
  for (const [name, nat] of Object.entries(nats)) {
    const path = ['nats', name]
    checkRules(context, path, nat)
    checkForwards(context, path, nat)
    checkIpv6(context, path, nat)
    checkFamilies(context, path, nat)
  }
  for (const [i, step] of steps.entries()) {
    if (step.do === 'nat' && step.map !== undefined) checkInner(context, ['steps', i, 'map', 'to'], step.map.to)
  }
}

function checkRules(
  context: Context,
  path: Path,
  { block = [], police = [] }: Pick<NatEdgeSpec, 'block' | 'police'>,
): void {
  for (const [key, rules] of [
    ['block', block],
    ['police', police],
  ] as const) {
    for (const [i, rule] of rules.entries()) {
      const here = [...path, key, i]
      if (rule.with !== undefined) checkAddress(context, [...here, 'with'], rule.with)
      if (rule.port !== undefined && rule.protocol === 'icmp')
        complain(context, [...here, 'port'], 'ICMP has no ports', 'write protocol: udp, or no port')
    }
  }
}

function checkMiddle(context: Context, path: Path, router: Router): void {
  checkRules(context, path, router)
  for (const [i, { via, equal = [] }] of (router.routes ?? []).entries()) {
    for (const [k, hop] of equal.entries()) {
      const here = [...path, 'routes', i, 'equal', k]
      if (checkAddress(context, here, hop) === undefined) continue
      if (hop.includes(':') !== via.includes(':'))
        complain(context, here, `${hop} is of another family than ${via}`, 'write next hops of one family')
    }
  }
  if (router.spread !== undefined && !(router.routes ?? []).some(({ equal }) => equal !== undefined))
    complain(context, [...path, 'spread'], 'no route has more than one next hop', 'write equal: [10.2.0.1] in a route')
  const { balance } = router
  if (balance === undefined) return
  const here = [...path, 'balance']
  const own = Object.values(router.interfaces).flatMap(each => attachmentAddresses(each).map(canonical))
  const address = checkAddress(context, [...here, 'address'], balance.address)
  if (address !== undefined && !own.includes(address))
    complain(context, [...here, 'address'], `${address} is no address of this router`, `write one of ${own.join(', ')}`)
  for (const [i, server] of balance.servers.entries()) {
    const found = checkAddress(context, [...here, 'servers', i], server)
    if (found !== undefined && address !== undefined && found.includes(':') !== address.includes(':'))
      complain(
        context,
        [...here, 'servers', i],
        `${found} is of another family than ${address}`,
        'write one of its family',
      )
  }
}

function canonical(text: string): string {
  const address = withoutPrefix(text)
  return ipaddr.isValid(address) ? ipaddr.parse(address).toString() : address
}

function checkForwards(context: Context, path: Path, { forward = [] }: Nat): void {
  const seen = new Set<string>()
  for (const [i, { protocol = 'udp', port, to }] of forward.entries()) {
    checkInner(context, [...path, 'forward', i, 'to'], to)
    const key = `${protocol} ${port}`
    if (seen.has(key))
      complain(
        context,
        [...path, 'forward', i, 'port'],
        `${key} is forwarded already`,
        'give each port to one inner host',
      )
    seen.add(key)
  }
}

function checkInner(context: Context, path: Path, to: string): void {
  if (to.startsWith('['))
    complain(context, path, `${to} is IPv6: ports are forwarded for IPv4`, 'write 192.168.1.10:51820')
  else checkEndpoint(context, path, to)
}

function checkIpv6(context: Context, path: Path, { ipv6 }: Nat): void {
  const { translate = 'none', prefixes } = ipv6 ?? {}
  if ((translate === 'prefix') !== (prefixes !== undefined)) {
    const instead = 'write translate: prefix, and prefixes: { inside: "fd00:1::/48", outside: "2001:db8:1::/48" }'
    complain(context, [...path, 'ipv6'], 'a prefix is translated when both are said: that it is, and which', instead)
  }
  if (prefixes === undefined) return
  const here = [...path, 'ipv6', 'prefixes']
  for (const side of ['inside', 'outside'] as const) checkAddress(context, [...here, side], prefixes[side])
  const [inner, outer] = [lengthOf(prefixes.inside), lengthOf(prefixes.outside)]
  if (inner === undefined || inner !== outer || inner > 64)
    complain(context, here, 'NPTv6 takes two IPv6 prefixes of one length, up to /64', 'write /48 for both')
}

function checkFamilies(context: Context, path: Path, nat: Nat): void {
  const { nat64, clat, fragment_order: order = 'joined', fragments } = nat
  if (nat64 !== undefined) checkEmbedding(context, [...path, 'nat64'], nat64)
  if (clat !== undefined) {
    checkEmbedding(context, [...path, 'clat', 'plat'], clat.plat)
    checkEmbedding(context, [...path, 'clat', 'source'], clat.source)
  }
  if (nat64 !== undefined && clat !== undefined)
    complain(context, [...path, 'clat'], 'one box is either side of 464XLAT, not both', 'make it two NATs')
  const between = nat64 === undefined ? (clat === undefined ? undefined : 'clat') : 'nat64'
  if (order !== 'joined' && between !== undefined)
    complain(context, [...path, 'fragment_order'], `with ${between} fragments are put together`, 'write joined')
  if (order !== 'joined' && fragments === 'drop')
    complain(context, [...path, 'fragment_order'], 'fragments are dropped: there is no order', 'write fragments: pass')
}

function checkEmbedding(context: Context, path: Path, text: string): void {
  if (checkAddress(context, path, text) === undefined) return
  const length = lengthOf(text)
  if (length !== undefined && EMBEDDING.includes(length)) return
  const what = `"${text}" is no prefix that IPv4 addresses can be put into (RFC 6052)`
  complain(context, path, what, `write an IPv6 prefix of length ${EMBEDDING.join(', ')}: 64:ff9b::/96`)
}

/** Undefined: it is no IPv6 prefix with a length. */
function lengthOf(text: string): number | undefined {
  const [address = '', length] = text.split('/')
  return address.includes(':') && length !== undefined ? Number(length) : undefined
}
