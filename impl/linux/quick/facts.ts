/** Asks the machine what the plans have to know, with ip(8), nft(8) and the rest. */
import { spawnSync } from 'node:child_process'
import { accessSync, constants, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import type { Endpoint } from '../../box.ts'
import { formatAddress, parsePrefix } from '../../ip/address.ts'
import { uapiGet } from '../client.ts'
import type { DownFacts, Resolver, Tools, UpFacts } from './plan.ts'

export function hasProgram(name: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some(folder => {
    try {
      accessSync(join(folder, name), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

export function askTools(): Tools {
  const firewall = hasProgram('nft') ? 'nft' : hasProgram('iptables-restore') ? 'iptables' : undefined
  return { firewall, resolver: askResolver() }
}

/** Whether any interface has this name. */
export function interfaceExists(iface: string): boolean {
  return spawnSync('ip', ['link', 'show', 'dev', iface], { stdio: 'ignore' }).status === 0
}

export function askUpFacts(tools: Tools, endpoints: readonly Endpoint[]): UpFacts {
  return {
    ...tools,
    usedTables: usedTables(),
    endpointMtus: endpoints.flatMap(endpoint => mtuOfRoute(['get', formatAddress(endpoint.address)]) ?? []),
    defaultMtu: mtuOfRoute(['show', 'default']),
  }
}

export async function askDownFacts(iface: string, tools: Tools): Promise<DownFacts> {
  const device = await uapiGet(iface).catch(() => undefined)
  return {
    ...tools,
    fwmark: device?.fwmark ?? 0,
    allowedIps: (device?.peers ?? []).flatMap(peer => peer.allowedIps.flatMap(text => parsePrefix(text) ?? [])),
    rules: { v4: lines('ip', '-4', 'rule', 'show'), v6: lines('ip', '-6', 'rule', 'show') },
    nftTables: hasProgram('nft') ? lines('nft', 'list', 'tables') : [],
    iptables: { v4: text('iptables-save'), v6: text('ip6tables-save') },
  }
}

function askResolver(): Resolver | undefined {
  if (hasProgram('resolvconf')) return { kind: 'resolvconf', prefix: resolvconfPrefix() }
  return hasProgram('resolvectl') ? { kind: 'resolvectl' } : undefined
}

/** Debian's resolvconf orders servers by the interface's name: the first wildcard of letters and digits says which come first. */
function resolvconfPrefix(): string {
  try {
    const order = readFileSync('/etc/resolvconf/interface-order', 'utf8')
    const first = order.split('\n').find(line => /^[A-Za-z0-9-]+\*$/.test(line))
    return first === undefined ? '' : `${first.slice(0, -1)}.`
  } catch {
    return ''
  }
}

interface Route {
  readonly dev?: string
  readonly table?: string
  readonly metrics?: readonly { readonly mtu?: number }[]
}

function usedTables(): Set<number> {
  const used = new Set<number>()
  for (const family of ['-4', '-6']) {
    for (const { table } of json<Route[]>('ip', '-j', family, 'route', 'show', 'table', 'all') ?? []) {
      if (table !== undefined && /^\d+$/.test(table)) used.add(Number(table))
    }
  }
  return used
}

/** The route's own MTU, else that of its interface. */
function mtuOfRoute(question: readonly string[]): number | undefined {
  const [route] = json<Route[]>('ip', '-j', 'route', ...question) ?? []
  const own = route?.metrics?.find(metric => metric.mtu !== undefined)?.mtu
  if (own !== undefined || route?.dev === undefined) return own
  return json<{ mtu?: number }[]>('ip', '-j', 'link', 'show', 'dev', route.dev)?.[0]?.mtu
}

function json<T>(program: string, ...args: readonly string[]): T | undefined {
  try {
    return JSON.parse(text(program, ...args)) as T
  } catch {
    return undefined
  }
}

function lines(program: string, ...args: readonly string[]): string[] {
  return text(program, ...args)
    .split('\n')
    .filter(line => line !== '')
}

/** Empty when the program is not there or fails. */
function text(program: string, ...args: readonly string[]): string {
  const done = spawnSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  return done.status === 0 ? done.stdout : ''
}
