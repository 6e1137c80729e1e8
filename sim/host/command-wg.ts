/** wg set, with all of its options; wg show says nothing here. */
import type { AllowedIpChange, DeviceChange, PeerChange } from '../../impl/api.ts'
import type { Endpoint, Instant } from '../../impl/box.ts'
import { keyFromBase64 } from '../../impl/config/base64.ts'
import type { Conf } from '../../impl/config/conf.ts'
import { syncconfChange } from '../../impl/config/resolve.ts'
import { maskPrefix, parseEndpoint, parsePrefix } from '../../impl/ip/address.ts'
import type { Key, PublicKey } from '../../impl/key.ts'
import { failed, type Machine, OK, type Outcome, UNKNOWN } from './machine.ts'
import { readNumber, Words } from './words.ts'

type Draft<T> = { -readonly [K in keyof T]: T[K] }

/** After `wg`. */
export function wgCommand(now: Instant, machine: Machine, words: Words): Outcome {
  const verb = words.next() ?? 'show'
  if (verb === 'show' || verb === 'showconf' || verb === 'help') return OK
  if (verb !== 'syncconf' && verb !== 'set') return UNKNOWN
  const rest = words.rest()
  const change = verb === 'set' ? set : syncconf
  let outcome: Outcome = OK
  let late = false
  machine.retries.begin(now, `wg ${verb} ${rest[0] ?? ''}`, (at, last) => {
    if (!last && waits(machine, verb, rest)) return 'no-answer'
    outcome = change(at, machine, new Words(rest))
    if (late && outcome.kind === 'failed') machine.outbox.note(at, 'warning', `failed: wg ${verb}: ${outcome.why}`)
    return 'over'
  })
  late = true
  return outcome
}

/** Whether a name in it gets no answer. */
function waits(machine: Machine, verb: 'set' | 'syncconf', words: readonly string[]): boolean {
  if (verb === 'syncconf') {
    const conf = confOf(machine, words[1])
    return conf !== undefined && endpointNames(conf).some(name => !machine.answers(name))
  }
  return words.some((word, i) => {
    const name = words[i - 1] === 'endpoint' ? NAMED_ENDPOINT.exec(word)?.[1] : undefined
    return name !== undefined && !machine.answers(name)
  })
}

/** The host names of a file's endpoints. */
export function endpointNames(conf: Conf): string[] {
  return conf.peers.flatMap(({ endpoint }) => {
    const host = endpoint?.value.host
    return host?.kind === 'name' ? [host.name] : []
  })
}

const NAMED_ENDPOINT = /^([A-Za-z][A-Za-z0-9.-]*):([0-9]+)$/

function confOf(machine: Machine, file: string | undefined): Conf | undefined {
  return machine.confs.get(/^(?:\/etc\/wireguard\/)?(.+)\.conf$/.exec(file ?? '')?.[1] ?? '')
}

function set(now: Instant, machine: Machine, words: Words): Outcome {
  const name = words.next() ?? ''
  const tunnel = machine.tunnels.get(name)
  if (tunnel === undefined) return failed(`Unable to modify interface "${name}": No such device`)
  const change = readChange(machine, words)
  if (typeof change === 'string') return failed(change)
  tunnel.configure(now, change)
  return OK
}

/** `wg syncconf NAME <(wg-quick strip NAME)`: the file as it is. */
function syncconf(now: Instant, machine: Machine, words: Words): Outcome {
  const name = words.next() ?? ''
  const file = words.next()
  const tunnel = machine.tunnels.get(name)
  if (tunnel === undefined) return failed(`Unable to modify interface "${name}": No such device`)
  const conf = confOf(machine, file)
  if (conf === undefined) return failed(`fopen: No such file or directory`)
  const { change, problems } = syncconfChange(tunnel.status(), conf, machine.names)
  const wrong = problems.find(problem => problem.severity === 'error')
  if (wrong !== undefined) return failed(`${wrong.what} (${wrong.file}:${wrong.line}:${wrong.column})`)
  tunnel.configure(now, change)
  return OK
}

/** The change, or what is wrong. */
function readChange(machine: Machine, words: Words): DeviceChange | string {
  const change: Draft<DeviceChange> = {}
  const peers: Draft<PeerChange>[] = []
  for (let word = words.next(); word !== undefined; word = words.next()) {
    const peer = peers.at(-1)
    if (word === 'remove' && peer !== undefined) {
      peer.remove = true
      continue
    }
    const value = words.next()
    if (value === undefined) return `Invalid argument: ${word}: its value is missing`
    if (word === 'peer') {
      const publicKey = readPublicKey(machine, value)
      if (publicKey === undefined) return `Key is not the correct length or format: "${value}"`
      peers.push({ publicKey })
      continue
    }
    const wrong =
      peer === undefined ? readDeviceWord(machine, change, word, value) : readPeerWord(machine, peer, word, value)
    if (wrong !== undefined) return wrong
  }
  return peers.length === 0 ? change : { ...change, peers }
}

function readDeviceWord(
  machine: Machine,
  change: Draft<DeviceChange>,
  word: string,
  value: string,
): string | undefined {
  switch (word) {
    case 'listen-port': {
      const port = readNumber(value, 65535)
      if (port === undefined) return `Port must be between 0 and 65535: "${value}"`
      change.listenPort = port
      return undefined
    }
    case 'fwmark': {
      const mark = value === 'off' ? 0 : readNumber(value, 0xffffffff)
      if (mark === undefined) return `Fwmark is neither 0/off nor 0-0xffffffff: "${value}"`
      change.fwmark = mark
      return undefined
    }
    case 'private-key': {
      const key = readSecret(machine, value)
      if (key === undefined) return `fopen: No such file or directory: "${value}" (a key by name: <alice>)`
      change.privateKey = key
      return undefined
    }
    default:
      return `Invalid argument: ${word}`
  }
}

function readPeerWord(machine: Machine, peer: Draft<PeerChange>, word: string, value: string): string | undefined {
  switch (word) {
    case 'preshared-key': {
      const key = readSecret(machine, value)
      if (key === undefined) return `fopen: No such file or directory: "${value}" (a key by name: <alice-bob.psk>)`
      peer.presharedKey = key
      return undefined
    }
    case 'endpoint': {
      const endpoint = readEndpoint(machine, value)
      if (endpoint === undefined) return `Unable to find endpoint: "${value}"`
      peer.endpoint = endpoint
      return undefined
    }
    case 'persistent-keepalive': {
      const seconds = value === 'off' ? 0 : readNumber(value, 65535)
      if (seconds === undefined) return `Persistent keepalive interval is neither 0/off nor 1-65535: "${value}"`
      peer.persistentKeepalive_s = seconds
      return undefined
    }
    case 'allowed-ips': {
      const ranges = readRanges(value)
      if (typeof ranges === 'string') return ranges
      const incremental = /(^|,)\s*[+-]/.test(value)
      if (!incremental) peer.replaceAllowedIps = true
      peer.allowedIps = [...(incremental ? (peer.allowedIps ?? []) : []), ...ranges]
      return undefined
    }
    default:
      return `Invalid argument: ${word}`
  }
}

function readRanges(value: string): AllowedIpChange[] | string {
  const ranges: AllowedIpChange[] = []
  for (const part of value.split(',')) {
    const text = part.trim()
    if (text === '') continue
    const prefix = parsePrefix(text.replace(/^[+-]/, ''))
    if (prefix === undefined) return `AllowedIP is not in the correct format: "${text}"`
    ranges.push(text.startsWith('-') ? { ...maskPrefix(prefix), remove: true } : maskPrefix(prefix))
  }
  return ranges
}

function readEndpoint(machine: Machine, text: string): Endpoint | undefined {
  const endpoint = parseEndpoint(text)
  if (endpoint !== undefined) return endpoint
  const named = NAMED_ENDPOINT.exec(text)
  const port = readNumber(named?.[2], 65535)
  const address = named?.[1] === undefined ? undefined : machine.names.resolveHost(named[1])
  return address === undefined || port === undefined || port === 0 ? undefined : { address, port }
}

function readPublicKey(machine: Machine, text: string): PublicKey | undefined {
  const name = /^<([A-Za-z0-9_-]+\.pub)>$/.exec(text)?.[1]
  if (name !== undefined) return machine.names.publicKey?.(name)
  return keyFromBase64(text) === undefined ? undefined : (text as PublicKey)
}

/** A key by name, or null for the empty file. */
function readSecret(machine: Machine, text: string): Key | null | undefined {
  if (text === '/dev/null') return null
  const name = /^<([A-Za-z0-9_-]+(?:\.psk)?)>$/.exec(text)?.[1]
  return name === undefined ? undefined : machine.names.secretKey?.(name)
}
