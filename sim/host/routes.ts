/** Routing tables and the rules that choose between them, as Linux has them. The local table is the interfaces' own addresses: interfaces.ts. */
import type { Prefix } from '../../impl/api.ts'
import type { Address } from '../../impl/box.ts'
import { addressInPrefix, formatAddress, formatPrefix, maskPrefix, sameAddress } from '../../impl/ip/address.ts'
import { AllowedIps } from '../../impl/tables/allowedips.ts'

export const MAIN_TABLE = 254

export interface Route {
  readonly prefix: Prefix
  readonly dev: string
  /** The gateway; absent: the destination itself is the next hop. */
  readonly via?: Address
  readonly table: number
  readonly metric: number
  /** Bytes; absent: the interface's. */
  readonly mtu?: number
  /** The preferred source address. */
  readonly source?: Address
  /** Made by the kernel from an address, with the network when the machine came to it, or by somebody. */
  readonly origin: 'kernel' | 'boot' | 'static'
  /** Absent: a way. throw: this table knows no more, the next rule is asked. The others refuse, each in its own words. */
  readonly kind?: Refusing | 'throw'
}

export type Refusing = 'blackhole' | 'unreachable' | 'prohibit'

export interface Rule {
  readonly priority: number
  readonly family: 4 | 6
  readonly not: boolean
  readonly from?: Prefix
  readonly to?: Prefix
  readonly fwmark?: number
  readonly fwmask?: number
  readonly table: number
  /** Routes of this prefix length or shorter do not count. */
  readonly suppressPrefixLength?: number
}

/** The routes of one prefix, best metric first. */
interface Entry {
  readonly prefix: Prefix
  readonly routes: Route[]
}

interface Table {
  readonly trie: AllowedIps<Entry>
  readonly entries: Map<string, Entry>
}

export class Routes {
  readonly #tables = new Map<number, Table>()
  readonly #rules: Record<4 | 6, Rule[]> = { 4: [mainRule(4)], 6: [mainRule(6)] }
  readonly #changed: () => void

  /** `changed` is called after every change. */
  constructor(changed: () => void) {
    this.#changed = changed
  }

  /** Whether any rule looks at the source address. */
  get usesSource(): boolean {
    return this.#rules[4].some(rule => rule.from !== undefined) || this.#rules[6].some(rule => rule.from !== undefined)
  }

  /** False, and nothing changed, when a route with the same prefix, table and metric is there. A kernel route comes after it. */
  add(route: Route): boolean {
    const prefix = maskPrefix(route.prefix)
    const table = this.#table(route.table)
    const key = formatPrefix(prefix)
    const known = table.entries.get(key)
    if (known?.routes.some(other => other.metric === route.metric) && route.origin !== 'kernel') return false
    const entry = known ?? { prefix, routes: [] }
    if (known === undefined) {
      table.entries.set(key, entry)
      table.trie.insert(prefix, entry)
    }
    entry.routes.push({ ...route, prefix })
    entry.routes.sort((a, b) => a.metric - b.metric)
    this.#changed()
    return true
  }

  /** How many routes went. */
  remove(matches: (route: Route) => boolean): number {
    let removed = 0
    for (const table of this.#tables.values()) {
      for (const [key, entry] of table.entries) {
        const kept = entry.routes.filter(route => !matches(route))
        removed += entry.routes.length - kept.length
        entry.routes.splice(0, entry.routes.length, ...kept)
        if (kept.length > 0) continue
        table.entries.delete(key)
        table.trie.remove(entry.prefix, entry)
      }
    }
    if (removed > 0) this.#changed()
    return removed
  }

  /** Every route, table by table, in the order of adding. */
  *all(): Generator<Route> {
    for (const table of this.#tables.values()) for (const entry of table.entries.values()) yield* entry.routes
  }

  /** `ip rule add`; without a priority it goes before all but the local rule. False when the same rule is there. */
  addRule(rule: Omit<Rule, 'priority'> & { readonly priority?: number }): boolean {
    const rules = this.#rules[rule.family]
    const priority = rule.priority ?? (rules[0]?.priority ?? 1) - 1
    const added = { ...rule, priority }
    if (rule.priority !== undefined && rules.some(other => sameRule(other, added) && other.priority === priority)) {
      return false
    }
    rules.push(added)
    rules.sort((a, b) => a.priority - b.priority)
    this.#changed()
    return true
  }

  /** `ip rule del`: the first rule that has all of these properties. */
  removeRule(family: 4 | 6, wanted: Partial<Rule>): boolean {
    const rules = this.#rules[family]
    const at = rules.findIndex(rule => ruleMatches(rule, wanted))
    if (at < 0) return false
    rules.splice(at, 1)
    this.#changed()
    return true
  }

  rules(family: 4 | 6): readonly Rule[] {
    return this.#rules[family]
  }

  /** Longest prefix, then least metric, in the first table a rule leads to that has an answer. */
  lookup(destination: Address, mark: number, source?: Address): Route | undefined {
    for (const rule of this.#rules[destination.length === 4 ? 4 : 6]) {
      if (!ruleApplies(rule, destination, mark, source)) continue
      const entry = this.#tables.get(rule.table)?.trie.lookup(destination)
      if (entry === undefined || entry.prefix.length <= (rule.suppressPrefixLength ?? -1)) continue
      const route = entry.routes[0]
      if (route?.kind !== 'throw') return route
    }
    return undefined
  }

  /** What `ip -4|-6 route show table N` prints: shortest address first. */
  text(family: 4 | 6, table = MAIN_TABLE): string {
    const routes = Array.from(this.#tables.get(table)?.entries.values() ?? [])
      .flatMap(entry => entry.routes)
      .filter(route => route.prefix.address.length === (family === 4 ? 4 : 16))
    routes.sort((a, b) => compareBytes(a.prefix.address, b.prefix.address) || a.prefix.length - b.prefix.length)
    return routes.map(routeText).join('\n')
  }

  /** What `ip -4|-6 rule show` prints. */
  rulesText(family: 4 | 6): string {
    return ['0:\tfrom all lookup local', ...this.#rules[family].map(ruleText)].join('\n')
  }

  #table(number: number): Table {
    let table = this.#tables.get(number)
    if (table === undefined) {
      table = { trie: new AllowedIps(), entries: new Map() }
      this.#tables.set(number, table)
    }
    return table
  }
}

const mainRule = (family: 4 | 6): Rule => ({ priority: 32766, family, not: false, table: MAIN_TABLE })

function ruleApplies(rule: Rule, destination: Address, mark: number, source: Address | undefined): boolean {
  const marked = rule.fwmark === undefined || ((mark ^ rule.fwmark) & (rule.fwmask ?? -1)) === 0
  const from = rule.from === undefined || (source !== undefined && addressInPrefix(source, rule.from))
  const to = rule.to === undefined || addressInPrefix(destination, rule.to)
  return (marked && from && to) !== rule.not
}

function sameRule(a: Rule, b: Omit<Rule, 'priority'>): boolean {
  return ruleText({ ...a, priority: 0 }) === ruleText({ ...b, priority: 0 })
}

function ruleMatches(rule: Rule, wanted: Partial<Rule>): boolean {
  for (const key of ['priority', 'fwmark', 'fwmask', 'table', 'suppressPrefixLength'] as const) {
    if (wanted[key] !== undefined && wanted[key] !== rule[key]) return false
  }
  for (const key of ['from', 'to'] as const) {
    const [want, has] = [wanted[key], rule[key]]
    if (want !== undefined && (has === undefined || formatPrefix(want) !== formatPrefix(has))) return false
  }
  return wanted.not !== true || rule.not
}

/** One line of `ip route show`. */
export function routeText(route: Route): string {
  const { prefix, via, dev, metric, mtu, source, origin } = route
  const v4 = prefix.address.length === 4
  const parts = [...(route.kind === undefined ? [] : [route.kind]), prefix.length === 0 ? 'default' : hostText(prefix)]
  if (via !== undefined) parts.push(`via ${formatAddress(via)}`)
  if (route.kind === undefined || !v4) parts.push(`dev ${dev}`)
  if (origin === 'kernel') parts.push('proto kernel')
  if (v4 && via === undefined && route.kind === undefined) parts.push('scope link')
  if (source !== undefined && v4) parts.push(`src ${formatAddress(source)}`)
  if (metric !== 0) parts.push(`metric ${metric}`)
  if (mtu !== undefined) parts.push(`mtu ${mtu}`)
  return parts.join(' ')
}

function ruleText(rule: Rule): string {
  const parts = [`${rule.priority}:\t${rule.not ? 'not ' : ''}from ${rule.from ? hostText(rule.from) : 'all'}`]
  if (rule.to !== undefined) parts.push(`to ${hostText(rule.to)}`)
  if (rule.fwmark !== undefined) {
    parts.push(
      `fwmark 0x${rule.fwmark.toString(16)}${rule.fwmask === undefined ? '' : `/0x${rule.fwmask.toString(16)}`}`,
    )
  }
  parts.push(`lookup ${rule.table === MAIN_TABLE ? 'main' : rule.table}`)
  if (rule.suppressPrefixLength !== undefined) parts.push(`suppress_prefixlength ${rule.suppressPrefixLength}`)
  return parts.join(' ')
}

function hostText(prefix: Prefix): string {
  return prefix.length === prefix.address.length * 8 ? formatAddress(prefix.address) : formatPrefix(prefix)
}

function compareBytes(a: Address, b: Address): number {
  if (sameAddress(a, b)) return 0
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return a[i]! - b[i]!
  return 0
}
