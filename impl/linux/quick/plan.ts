/**
 * START HERE. What wg-quick(8) does on Linux, as lists of steps. `up` comes in two halves, because hooks of the first
 * may change what the second has to know.
 */
import type { DeviceChange, Prefix } from '../../api.ts'
import { keyToBase64 } from '../../config/base64.ts'
import type { Conf, InterfaceConf, Item } from '../../config/conf.ts'
import { nodeCrypto } from '../../crypto/node/provider.ts'
import { addressInPrefix, formatAddress, formatPrefix } from '../../ip/address.ts'
import type { PublicKey } from '../../key.ts'
import { addGuard, type Firewall, removeIptablesGuard, removeNftGuard } from './guard.ts'
import { QuickError, type QuickStep, stepText } from './step.ts'

export type Resolver =
  /** `prefix` stands before the interface's name: `tun.` where resolvconf orders by name. */
  { readonly kind: 'resolvconf'; readonly prefix: string } | { readonly kind: 'resolvectl' }

/** What the machine has, whatever the file. */
export interface Tools {
  readonly firewall: Firewall | undefined
  readonly resolver: Resolver | undefined
}

/** What the machine knows when the interface has its addresses. */
export interface UpFacts extends Tools {
  /** Routing tables that hold a route, of either family. */
  readonly usedTables: ReadonlySet<number>
  /** Of the path to each endpoint, in bytes; those without a route are left out. */
  readonly endpointMtus: readonly number[]
  /** Of the default route. */
  readonly defaultMtu: number | undefined
}

/** What the machine knows before the interface goes. */
export interface DownFacts extends Tools {
  /** Of the interface; 0: none. */
  readonly fwmark: number
  /** Of all peers. */
  readonly allowedIps: readonly Prefix[]
  /** The lines of `ip rule show` of each family. */
  readonly rules: { readonly v4: readonly string[]; readonly v6: readonly string[] }
  /** The lines of `nft list tables`. */
  readonly nftTables: readonly string[]
  /** What iptables-save and ip6tables-save print. */
  readonly iptables: { readonly v4: string; readonly v6: string }
}

/** Where wg-quick begins to look for a free table; the mark has the same number. */
const FIRST_TABLE = 51820
/** IPv6 outside 40, UDP 8, WireGuard 32. */
const OVERHEAD = 80
const USUAL_MTU = 1500

type Face = Pick<InterfaceConf, 'addresses' | 'dns' | 'preUp' | 'postUp' | 'preDown' | 'postDown'> &
  Partial<InterfaceConf>

const NO_FACE: Face = { addresses: [], dns: [], preUp: [], postUp: [], preDown: [], postDown: [] }

/** From nothing to an interface with keys, peers and addresses. Throws a QuickError before anything was done. */
export function upBegin(iface: string, conf: Conf, change: DeviceChange, tools: Tools): QuickStep[] {
  const face = conf.interface ?? NO_FACE
  if (face.dns.length > 0 && tools.resolver === undefined) {
    throw new QuickError(
      'missing',
      `DNS = … needs resolvconf or resolvectl (apt install openresolv), or take the DNS line out`,
    )
  }
  const hasDefault = rangesOf(change).some(range => range.length === 0)
  if (hasDefault && isAuto(face) && tools.firewall === undefined) {
    throw new QuickError(
      'missing',
      'a default route through the tunnel needs nft or iptables (apt install nftables), or Table = off and routes of your own',
    )
  }
  return [
    { kind: 'tunnel', iface },
    ...hooks(iface, face.preUp),
    { kind: 'configure', iface, change, shown: `wg addconf ${iface} /dev/fd/63` },
    ...face.addresses.map(({ value }) => ip(value, 'address', 'add', formatPrefix(value), 'dev', iface)),
  ]
}

/** From there to an interface that is up, with routes. */
export function upFinish(iface: string, conf: Conf, change: DeviceChange, facts: UpFacts): QuickStep[] {
  const face = conf.interface ?? NO_FACE
  const mtu = face.mtu?.value ?? mtuOf(facts)
  return [
    run('ip', 'link', 'set', 'mtu', String(mtu), 'up', 'dev', iface),
    ...setDns(iface, face, facts.resolver),
    ...routes(iface, face, change, facts),
    ...hooks(iface, face.postUp),
  ]
}

/** Takes away what `up` made, also a part of it. */
export function downPlan(iface: string, conf: Conf, facts: DownFacts): QuickStep[] {
  const face = conf.interface ?? NO_FACE
  return [
    ...hooks(iface, face.preDown),
    ...(face.saveConfig?.value === true ? [{ kind: 'save', file: conf.file } as const] : []),
    ...removal(iface, conf, facts),
    ...hooks(iface, face.postDown),
  ]
}

/**
 * The same without hooks and without saving: what is left to do when `up` failed half way. `done`: the steps it carried
 * out, without which it is taken to have carried out all.
 */
export function removal(iface: string, conf: Conf, facts: DownFacts, done?: readonly QuickStep[]): QuickStep[] {
  const face = conf.interface ?? NO_FACE
  return [
    ...removeRules(conf, face, facts, done),
    ...(face.dns.length > 0 && facts.resolver?.kind === 'resolvectl' ? [run('resolvectl', 'revert', iface)] : []),
    run('ip', 'link', 'delete', 'dev', iface),
    ...(face.dns.length > 0 && facts.resolver?.kind === 'resolvconf'
      ? [run('resolvconf', '-d', `${facts.resolver.prefix}${iface}`, '-f')]
      : []),
    ...removeNftGuard(iface, facts.nftTables),
    ...removeIptablesGuard(iface, 4, facts.iptables.v4),
    ...removeIptablesGuard(iface, 6, facts.iptables.v6),
  ]
}

/** The least MTU on the way to an endpoint, else that of the default route, else 1500; less what the tunnel takes. */
function mtuOf(facts: UpFacts): number {
  const outer = facts.endpointMtus.length > 0 ? Math.min(...facts.endpointMtus) : (facts.defaultMtu ?? USUAL_MTU)
  return (outer > 0 ? outer : USUAL_MTU) - OVERHEAD
}

function setDns(iface: string, face: Face, resolver: Resolver | undefined): QuickStep[] {
  const servers = face.dns.flatMap(({ value }) => (value.kind === 'server' ? [formatAddress(value.address)] : []))
  const domains = face.dns.flatMap(({ value }) => (value.kind === 'search' ? [value.domain] : []))
  if (resolver === undefined || face.dns.length === 0) return []
  if (resolver.kind === 'resolvectl') {
    return [run('resolvectl', 'dns', iface, ...servers), run('resolvectl', 'domain', iface, ...domains, '~.')]
  }
  const lines = servers.map(server => `nameserver ${server}\n`)
  if (domains.length > 0) lines.push(`search ${domains.join(' ')}\n`)
  const argv = ['resolvconf', '-a', `${resolver.prefix}${iface}`, '-m', '0', '-x']
  return [{ kind: 'run', argv, input: lines.join('') }]
}

function routes(iface: string, face: Face, change: DeviceChange, facts: UpFacts): QuickStep[] {
  const table = face.table?.value ?? { kind: 'auto' }
  if (table.kind === 'off') return []
  const ranges = rangesOf(change)
  if (table.kind === 'table') {
    return ranges.map(range =>
      ip(range, 'route', 'add', formatPrefix(range), 'dev', iface, 'table', String(table.table)),
    )
  }
  // What the kernel has routed by itself, and what is routed so far.
  const there: Prefix[] = face.addresses.map(({ value }) => value).filter(prefix => prefix.length < bitsOf(prefix))
  const steps: QuickStep[] = []
  let mark = change.fwmark ?? 0
  for (const range of ranges) {
    if (range.length > 0) {
      if (there.some(wider => wider.length <= range.length && addressInPrefix(range.address, wider))) continue
      there.push(range)
      steps.push(ip(range, 'route', 'add', formatPrefix(range), 'dev', iface))
      continue
    }
    if (mark === 0) {
      mark = freeTable(facts.usedTables)
      steps.push({ kind: 'configure', iface, change: { fwmark: mark }, shown: `wg set ${iface} fwmark ${mark}` })
    }
    steps.push(...defaultRoute(iface, face, range, mark, facts))
  }
  return steps
}

/** All traffic but what carries the mark goes into the tunnel; more specific routes of the main table stay in force. */
function defaultRoute(iface: string, face: Face, range: Prefix, mark: number, facts: UpFacts): QuickStep[] {
  const family = range.address.length === 4 ? 4 : 6
  const addresses = face.addresses.map(({ value }) => value)
  return [
    ip(range, 'route', 'add', formatPrefix(range), 'dev', iface, 'table', String(mark)),
    ip(range, 'rule', 'add', 'not', 'fwmark', String(mark), 'table', String(mark)),
    ip(range, 'rule', 'add', 'table', 'main', 'suppress_prefixlength', '0'),
    ...(family === 4 ? [run('sysctl', '-q', 'net.ipv4.conf.all.src_valid_mark=1')] : []),
    addGuard(facts.firewall ?? 'nft', { iface, family, addresses, mark }),
  ]
}

/** Each rule for our table; and for each of them one of those that keep the main table in force, which carry no name. */
function removeRules(conf: Conf, face: Face, facts: DownFacts, done: readonly QuickStep[] | undefined): QuickStep[] {
  // A peer with a default route may have been taken away since.
  const ranges = [...facts.allowedIps, ...conf.peers.flatMap(peer => peer.allowedIps.map(({ value }) => value))]
  if (!isAuto(face) || facts.fwmark === 0 || !ranges.some(range => range.length === 0)) return []
  const table = String(facts.fwmark)
  const steps: QuickStep[] = []
  for (const [flag, lines] of [
    ['-4', facts.rules.v4],
    ['-6', facts.rules.v6],
  ] as const) {
    const ours = lines.filter(line => new RegExp(`lookup ${table}\\s*$`).test(line)).length
    const main = lines.filter(line => /from all lookup main suppress_prefixlength 0/.test(line)).length
    for (let n = 0; n < ours; n++) steps.push(run('ip', flag, 'rule', 'delete', 'table', table))
    const made = done?.filter(
      step => stepText(step) === `ip ${flag} rule add table main suppress_prefixlength 0`,
    ).length
    for (let n = 0; n < Math.min(made ?? ours, main); n++) {
      steps.push(run('ip', flag, 'rule', 'delete', 'table', 'main', 'suppress_prefixlength', '0'))
    }
  }
  return steps
}

/** The allowed IPs of all peers, each once, the longest prefix first, then from the end of the alphabet as `sort -nr` leaves them. */
export function rangesOf(change: DeviceChange): Prefix[] {
  const ranges = new Map<string, Prefix>()
  const ourselves = publicKeyOf(change)
  for (const peer of change.peers ?? []) {
    // The tunnel ignores it (behaviour 141): what is routed to it would go nowhere.
    if (peer.publicKey === ourselves) continue
    for (const range of peer.allowedIps ?? []) {
      if (range.remove === true) ranges.delete(formatPrefix(range))
      else ranges.set(formatPrefix(range), { address: range.address, length: range.length })
    }
  }
  return [...ranges]
    .sort(([a, x], [b, y]) => y.length - x.length || (a < b ? 1 : a > b ? -1 : 0))
    .map(([, range]) => range)
}

function publicKeyOf({ privateKey }: DeviceChange): PublicKey | undefined {
  if (privateKey === undefined || privateKey === null || privateKey.isZero()) return undefined
  return keyToBase64(nodeCrypto.privateKey(privateKey.reveal()).publicKey) as PublicKey
}

function freeTable(used: ReadonlySet<number>): number {
  let table = FIRST_TABLE
  while (used.has(table)) table++
  return table
}

function isAuto(face: Face): boolean {
  return (face.table?.value.kind ?? 'auto') === 'auto'
}

function hooks(iface: string, items: readonly Item<string>[]): QuickStep[] {
  return items.map(({ value }) => ({ kind: 'hook', command: value.replaceAll('%i', iface) }))
}

function ip(prefix: Prefix, ...words: readonly string[]): QuickStep {
  return run('ip', prefix.address.length === 4 ? '-4' : '-6', ...words)
}

function run(...argv: readonly string[]): QuickStep {
  return { kind: 'run', argv }
}

function bitsOf(prefix: Prefix): number {
  return prefix.address.length * 8
}
