/** ip route, ip rule, ip link, ip address: as much of iproute2 as tunnels need, with its own words when it refuses. */
import type { Prefix } from '../../impl/api.ts'
import type { Address, Instant } from '../../impl/box.ts'
import { maskPrefix, parseAddress, parsePrefix, sameAddress, samePrefix } from '../../impl/ip/address.ts'
import { failed, type Machine, OK, type Outcome, UNKNOWN } from './machine.ts'
import { MAIN_TABLE, type Route, type Rule } from './routes.ts'
import { readNumber, type Words } from './words.ts'

const EXISTS = failed('RTNETLINK answers: File exists')
const NO_PROCESS = failed('RTNETLINK answers: No such process')
const NO_FILE = failed('RTNETLINK answers: No such file or directory')
const NO_ADDRESS = failed('RTNETLINK answers: Cannot assign requested address')

const TABLES: ReadonlyMap<string, number> = new Map([
  ['main', MAIN_TABLE],
  ['default', 253],
  ['local', 255],
])

/** After `ip`. */
export function ipCommand(now: Instant, machine: Machine, words: Words): Outcome {
  let family: 4 | 6 | undefined
  for (;;) {
    if (words.take('-4')) family = 4
    else if (words.take('-6')) family = 6
    else break
  }
  const object = words.next()
  const verb = words.next() ?? 'show'
  if (['show', 'list', 'ls', 'get', 's'].includes(verb)) return OK
  switch (object) {
    case 'route':
    case 'ro':
    case 'r':
      return route(machine, words, verb, family)
    case 'rule':
    case 'ru':
      return rule(machine, words, verb, family ?? 4)
    case 'link':
    case 'l':
      return link(now, machine, words, verb)
    case 'address':
    case 'addr':
    case 'a':
      return address(machine, words, verb)
    default:
      return UNKNOWN
  }
}

interface RouteWords {
  prefix: Prefix
  via?: Address
  dev?: string
  table: number
  metric?: number
  mtu?: number
  source?: Address
  kind?: NonNullable<Route['kind']>
}

const KINDS: ReadonlySet<string> = new Set(['blackhole', 'unreachable', 'prohibit', 'throw'])

function route(machine: Machine, words: Words, verb: string, family: 4 | 6 | undefined): Outcome {
  const wanted = readRoute(words, family)
  if (typeof wanted === 'string') return wanted === '' ? UNKNOWN : failed(wanted)
  const { routes } = machine.stack
  const v4 = wanted.prefix.address.length === 4
  const metric = wanted.metric ?? (v4 ? 0 : 1024)
  const same = (other: Route): boolean =>
    other.table === wanted.table &&
    samePrefix(other.prefix, wanted.prefix) &&
    (wanted.metric === undefined || other.metric === metric) &&
    (wanted.kind === undefined || other.kind === wanted.kind) &&
    (wanted.dev === undefined || other.dev === wanted.dev) &&
    (wanted.via === undefined || (other.via !== undefined && sameAddress(other.via, wanted.via)))
  if (verb === 'del' || verb === 'delete' || verb === 'd') return removeFirst(routes, same) ? OK : NO_PROCESS
  if (!['add', 'a', 'replace', 'append', 'change'].includes(verb)) return UNKNOWN
  const dev = wanted.dev ?? (wanted.kind === undefined ? deviceTo(machine, wanted.via) : 'lo')
  if (dev === undefined) return failed('RTNETLINK answers: Network is unreachable')
  const iface = machine.stack.interfaces.get(dev)
  if (iface === undefined) return failed(`Cannot find device "${dev}"`)
  if (!iface.up) return failed('RTNETLINK answers: Network is down')
  if (!v4 && iface.mtu < 1280) return failed('RTNETLINK answers: Invalid argument (IPv6 is off below an MTU of 1280)')
  if (verb === 'replace' || verb === 'change') {
    const old = (other: Route): boolean =>
      other.table === wanted.table && samePrefix(other.prefix, wanted.prefix) && other.metric === metric
    const gone = removeFirst(routes, old)
    if (verb === 'change' && !gone) return NO_FILE
  }
  const { prefix, table, via, mtu, source, kind } = wanted
  const added = routes.add({
    prefix,
    dev,
    table,
    metric,
    origin: 'static',
    ...(via === undefined ? {} : { via }),
    ...(mtu === undefined ? {} : { mtu }),
    ...(source === undefined ? {} : { source }),
    ...(kind === undefined ? {} : { kind }),
  })
  return added ? OK : EXISTS
}

/** An empty text: a word that nothing here knows. */
function readRoute(words: Words, family: 4 | 6 | undefined): RouteWords | string {
  const first = words.next()
  if (first === undefined) return 'Error: either "to" is duplicate, or "default" is a garbage.'
  const kind = KINDS.has(first) ? (first as NonNullable<Route['kind']>) : undefined
  const target = first === 'to' || kind !== undefined ? words.next() : first
  const isDefault = target === 'default' || target === 'all'
  const prefix = isDefault ? undefined : parsePrefix(target ?? '')
  if (!isDefault && prefix === undefined) {
    return ['nat', 'local', 'unicast'].includes(first) ? '' : `Error: inet prefix is expected rather than "${target}".`
  }
  const read: RouteWords = { prefix: prefix === undefined ? anywhere(4) : maskPrefix(prefix), table: MAIN_TABLE }
  if (kind !== undefined) read.kind = kind
  for (let word = words.next(); word !== undefined; word = words.next()) {
    const value = word === 'onlink' ? '' : words.next()
    if (value === undefined) return `Command line is not complete. Try option "help"`
    const wrong = readRouteWord(read, word, value)
    if (wrong !== undefined) return wrong
  }
  if (isDefault) read.prefix = anywhere(family ?? (read.via?.length === 16 ? 6 : 4))
  if (family !== undefined && read.prefix.address.length !== (family === 4 ? 4 : 16)) {
    return `Error: inet${family === 6 ? '6' : ''} prefix is expected rather than "${target}".`
  }
  return read
}

/** What is wrong; empty for a word that nothing here knows. */
function readRouteWord(read: RouteWords, word: string, value: string): string | undefined {
  switch (word) {
    case 'via':
    case 'src': {
      const address = parseAddress(value)
      if (address === undefined) return `Error: inet address is expected rather than "${value}".`
      if (word === 'via') read.via = address
      else read.source = address
      return undefined
    }
    case 'dev':
      read.dev = value
      return undefined
    case 'table': {
      const table = readTable(value)
      if (table === undefined) return `Error: argument "${value}" is wrong: "table" value is invalid`
      read.table = table
      return undefined
    }
    case 'metric':
    case 'priority':
    case 'preference': {
      const metric = readNumber(value, 0xffffffff)
      if (metric === undefined) return `Error: argument "${value}" is wrong: "metric" value is invalid`
      read.metric = metric
      return undefined
    }
    case 'mtu': {
      const mtu = readNumber(value, 65535)
      if (mtu === undefined) return `Error: argument "${value}" is wrong: "mtu" value is invalid`
      read.mtu = mtu
      return undefined
    }
    case 'proto':
    case 'protocol':
    case 'scope':
    case 'onlink':
      return undefined
    default:
      return ''
  }
}

function rule(machine: Machine, words: Words, verb: string, family: 4 | 6): Outcome {
  const read: { -readonly [K in keyof Rule]?: Rule[K] } = {}
  for (let word = words.next(); word !== undefined; word = words.next()) {
    if (word === 'not') {
      read.not = true
      continue
    }
    const value = words.next()
    if (value === undefined) return failed('Command line is not complete. Try option "help"')
    const wrong = readRuleWord(read, word, value, family)
    if (wrong !== undefined) return wrong === '' ? UNKNOWN : failed(wrong)
  }
  const { routes } = machine.stack
  if (verb === 'del' || verb === 'delete' || verb === 'd') return routes.removeRule(family, read) ? OK : NO_FILE
  if (verb !== 'add' && verb !== 'a') return UNKNOWN
  return routes.addRule({ ...read, family, not: read.not === true, table: read.table ?? MAIN_TABLE }) ? OK : EXISTS
}

function readRuleWord(
  read: { -readonly [K in keyof Rule]?: Rule[K] },
  word: string,
  value: string,
  family: 4 | 6,
): string | undefined {
  const number = (text: string | undefined, name: string): number | string =>
    readNumber(text, 0xffffffff) ?? `Error: argument "${value}" is wrong: "${name}" value is invalid`
  switch (word) {
    case 'from':
    case 'to': {
      if (value === 'all' || value === 'any') return undefined
      const prefix = parsePrefix(value)
      if (prefix?.address.length !== (family === 4 ? 4 : 16))
        return `Error: inet prefix is expected rather than "${value}".`
      read[word] = maskPrefix(prefix)
      return undefined
    }
    case 'fwmark': {
      const [mark, mask] = value.split('/')
      const values = [number(mark, 'fwmark'), mask === undefined ? undefined : number(mask, 'fwmark')]
      for (const one of values) if (typeof one === 'string') return one
      read.fwmark = values[0] as number
      if (values[1] !== undefined) read.fwmask = values[1] as number
      return undefined
    }
    case 'table':
    case 'lookup': {
      const table = readTable(value)
      if (table === undefined) return `Error: argument "${value}" is wrong: invalid table ID`
      read.table = table
      return undefined
    }
    case 'suppress_prefixlength':
    case 'priority':
    case 'pref':
    case 'order': {
      const parsed = number(value, word)
      if (typeof parsed === 'string') return parsed
      read[word === 'suppress_prefixlength' ? 'suppressPrefixLength' : 'priority'] = parsed
      return undefined
    }
    default:
      return ''
  }
}

function link(now: Instant, machine: Machine, words: Words, verb: string): Outcome {
  words.take('dev')
  const first = verb === 'set' || verb === 'add' || verb === 'del' || verb === 'delete' ? readLink(words) : undefined
  if (first === undefined) return UNKNOWN
  const { name, up, mtu, type } = first
  if (verb === 'add') {
    if (type !== 'wireguard') return UNKNOWN
    return machine.addTunnel(name) ? OK : EXISTS
  }
  const iface = machine.stack.interfaces.get(name)
  if (iface === undefined) return failed(`Cannot find device "${name}"`)
  if (verb !== 'set') {
    if (iface.kind !== 'tunnel') return failed('RTNETLINK answers: Operation not supported')
    machine.removeTunnel(now, name)
    return OK
  }
  if (mtu !== undefined) {
    if (iface.kind !== 'tunnel' && mtu < 68) return failed('Error: mtu less than device minimum.')
    machine.setMtu(now, name, mtu)
  }
  if (up !== undefined) machine.setLink(now, name, up)
  return OK
}

interface LinkWords {
  readonly name: string
  readonly up: boolean | undefined
  readonly mtu: number | undefined
  readonly type: string | undefined
}

/** The name may stand anywhere, as in `ip link set mtu 1420 up dev wg0`. */
function readLink(words: Words): LinkWords | undefined {
  let name: string | undefined
  let up: boolean | undefined
  let mtu: number | undefined
  let type: string | undefined
  for (let word = words.next(); word !== undefined; word = words.next()) {
    if (word === 'up' || word === 'down') up = word === 'up'
    else if (word === 'mtu') {
      mtu = readNumber(words.next(), 65535)
      if (mtu === undefined) return undefined
    } else if (word === 'type') type = words.next()
    else if (word === 'dev' || word === 'name') name = words.next()
    else if (name === undefined) name = word
    else return undefined
  }
  return name === undefined ? undefined : { name, up, mtu, type }
}

function address(machine: Machine, words: Words, verb: string): Outcome {
  let prefix: Prefix | undefined
  let dev: string | undefined
  for (let word = words.next(); word !== undefined; word = words.next()) {
    if (word === 'dev') dev = words.next()
    else if (word === 'scope' || word === 'brd' || word === 'broadcast' || word === 'peer') {
      if (word === 'peer') return UNKNOWN
      words.next()
    } else if (word !== 'local') {
      prefix = parsePrefix(word)
      if (prefix === undefined) return failed(`Error: any valid prefix is expected rather than "${word}".`)
    }
  }
  if (prefix === undefined || dev === undefined) return failed('Not enough information: "dev" argument is required.')
  const { interfaces } = machine.stack
  if (interfaces.get(dev) === undefined) return failed(`Cannot find device "${dev}"`)
  if (verb === 'add' || verb === 'a' || verb === 'replace') {
    return interfaces.addAddress(dev, prefix) || verb === 'replace' ? OK : EXISTS
  }
  if (verb !== 'del' && verb !== 'delete' && verb !== 'd') return UNKNOWN
  if (!interfaces.removeAddress(dev, prefix)) return NO_ADDRESS
  return OK
}

function removeFirst(routes: Machine['stack']['routes'], matches: (route: Route) => boolean): boolean {
  let found: Route | undefined
  for (const one of routes.all()) {
    if (matches(one)) {
      found = one
      break
    }
  }
  return found !== undefined && routes.remove(other => other === found) > 0
}

/** The interface on which a gateway is a neighbour. */
function deviceTo(machine: Machine, via: Address | undefined): string | undefined {
  if (via === undefined) return undefined
  const found = machine.stack.routes.lookup(via, 0)
  return found === undefined || found.via !== undefined ? undefined : found.dev
}

function anywhere(family: 4 | 6): Prefix {
  return { address: new Uint8Array(family === 4 ? 4 : 16), length: 0 }
}

function readTable(text: string): number | undefined {
  return TABLES.get(text) ?? readNumber(text, 0xffffffff)
}
