/** The wg-quick texts of the hosts: what their parser says, with the place mapped, and what only the scenario can tell. */

import type { Conf, Item, PeerConf } from '../../impl/config/conf.ts'
import { parseConf } from '../../impl/config/parse.ts'
import { family, parseAddress } from '../../impl/ip/address.ts'
import type { Scenario } from '../../scenarios/language/scenario.ts'
import type { Attachment } from '../../scenarios/language/topology.ts'
import { endsOf, textsOf } from '../layout.ts'
import { type Context, checkKnown, type Path } from './problem.ts'

export interface Text {
  readonly host: string
  readonly iface: string
  readonly conf: Conf
  readonly problems: readonly {
    readonly severity: 'error' | 'warning'
    readonly line: number
    readonly column: number
    readonly what: string
    readonly instead: string
  }[]
}

/** Every wg-quick text of the scenario, read. */
export function readTexts(scenario: Scenario): Text[] {
  return Object.entries(scenario.hosts).flatMap(([host, { wg = {} }]) =>
    Object.entries(wg).map(([iface, text]) => ({
      host,
      iface,
      ...parseConf(text, { file: `${iface}.conf`, dialect: 'wg-quick', placeholders: true }),
    })),
  )
}

export function checkTexts(context: Context, texts: readonly Text[]): void {
  for (const { host, iface, problems } of texts) {
    for (const { severity, line, column, what, instead } of problems) {
      if (severity !== 'error') continue
      context.complain(['hosts', host, 'wg', iface], `line ${line}, column ${column}: ${what}`, instead)
    }
  }
  for (const [name, value] of Object.entries(context.scenario.names ?? {})) {
    if (value === 'no-answer' || value === 'no-such-name') continue
    for (const text of textsOf(value)) {
      if (parseAddress(text) !== undefined) continue
      context.complain(['names', name], `"${text}" is no single address`, text.split('/')[0])
    }
  }
  for (const { host, iface, conf } of texts) {
    const path = ['hosts', host, 'wg', iface]
    if (context.scenario.hosts[host]?.probe === true) {
      context.complain(path, 'a probe speaks by script: it has no tunnel of its own', '"probe": false, or no "wg"')
    }
    for (const peer of conf.peers) checkEndpoint(context, path, host, peer)
  }
}

/** The name resolves, and some address of it has a family that the machine has on a network at some time. */
function checkEndpoint(context: Context, path: Path, host: string, peer: PeerConf): void {
  const { endpoint } = peer
  if (endpoint === undefined) return
  const { host: where } = endpoint.value
  const { names = {} } = context.scenario
  const known = context.families.network.get(host) ?? new Set()
  if (where.kind === 'address') {
    checkFamily(context, path, endpoint, [family(where.address)], known, host)
    return
  }
  const value = Object.hasOwn(names, where.name) ? names[where.name] : undefined
  if (value === undefined) {
    const { line, column } = endpoint
    context.complain(
      path,
      `line ${line}, column ${column}: the name ${where.name} does not resolve in this scenario`,
      `"names": { "${where.name}": "203.0.113.5" }`,
    )
    return
  }
  const families = textsOf(value).flatMap(text => {
    const address = parseAddress(text)
    return address === undefined ? [] : [family(address)]
  })
  const networks = Object.keys(context.scenario.hosts[host]?.interfaces ?? {})
  const dns64 = networks.some(network => context.scenario.networks[network]?.dns64 !== undefined)
  checkFamily(context, path, endpoint, dns64 ? [...families, 6] : families, known, host)
}

function checkFamily(
  context: Context,
  path: Path,
  place: Item<unknown>,
  wanted: readonly (4 | 6)[],
  known: ReadonlySet<4 | 6>,
  host: string,
): void {
  if (wanted.length === 0 || known.size === 0 || wanted.some(one => known.has(one))) return
  const { line, column } = place
  const has = [...known].map(one => `IPv${one}`).join(' and ')
  context.complain(
    path,
    `line ${line}, column ${column}: the Endpoint is IPv${wanted[0]}, and ${host} has only ${has} on its networks`,
    `an Endpoint of ${has}, or an IPv${wanted[0]} address for ${host}`,
  )
}

/** The families of the addresses that each machine has, from the start or later. */
export interface Families {
  /** On its networks. */
  readonly network: ReadonlyMap<string, ReadonlySet<4 | 6>>
  /** And in its tunnels. Commands may add more: with a `run` step on the host, both. */
  readonly all: ReadonlyMap<string, ReadonlySet<4 | 6>>
}

export function familiesOf(scenario: Scenario, texts: readonly Text[]): Families {
  const network = new Map<string, Set<4 | 6>>()
  const all = new Map<string, Set<4 | 6>>()
  const attach = (host: string, attachment: Attachment): void => {
    for (const text of endsOf(attachment).addresses) {
      network.get(host)?.add(text.includes(':') ? 6 : 4)
      all.get(host)?.add(text.includes(':') ? 6 : 4)
    }
  }
  for (const [host, { interfaces }] of Object.entries(scenario.hosts)) {
    network.set(host, new Set())
    all.set(host, new Set())
    for (const attachment of Object.values(interfaces)) attach(host, attachment)
  }
  for (const step of scenario.steps) {
    if (step.do === 'roam') attach(step.host, step.attachment)
    if (step.do === 'run') all.get(step.host)?.add(4).add(6)
  }
  for (const { host, conf } of texts) {
    for (const { value } of conf.interface?.addresses ?? []) all.get(host)?.add(family(value.address))
  }
  return { network, all }
}

/** Names of private keys: of the texts, of probes, and of hosts, after which literal keys are called. */
export function privateKeyNames(context: Context): Set<string> {
  const names = new Set(Object.keys(context.scenario.hosts))
  for (const { conf } of context.confs) {
    const key = conf.interface?.privateKey?.value
    if (key?.kind === 'named') names.add(key.name)
  }
  return names
}

/** Public keys by name that belong to nobody: `<bbo.pub>` where there is a bob is a mistake, `<stranger.pub>` a choice. */
export function checkKeyNames(context: Context): void {
  const known = privateKeyNames(context)
  for (const { host, iface, conf } of context.confs) {
    for (const { publicKey } of conf.peers) {
      if (publicKey.value.kind !== 'named') continue
      const name = publicKey.value.name.replace(/\.pub$/, '')
      if (known.has(name) || !isTypo(name, known)) continue
      const { line, column } = publicKey
      checkKnown(context, ['hosts', host, 'wg', iface], `key (line ${line}, column ${column}) called`, name, known)
    }
  }
}

/** One letter more, less, other, or two swapped. */
function isTypo(name: string, known: ReadonlySet<string>): boolean {
  const sorted = [...name].sort().join('')
  for (const other of known) {
    if (other.length === name.length && name.length > 2) {
      let different = 0
      for (let i = 0; i < name.length; i++) if (name[i] !== other[i]) different++
      if (different === 1 && name.length > 4 && !/\d/.test(name)) return true
      if (different === 2 && [...other].sort().join('') === sorted) return true
    }
    if (Math.abs(other.length - name.length) !== 1 || name.length < 3) continue
    const [long, short] = other.length > name.length ? [other, name] : [name, other]
    for (let i = 0; i < long.length; i++) if (long.slice(0, i) + long.slice(i + 1) === short) return !/\d/.test(long)
  }
  return false
}
