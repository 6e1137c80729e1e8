/**
 * From what a file says to what a device is told: names become keys and addresses, with the meaning of setconf,
 * addconf and syncconf.
 */
import type { AllowedIpChange, DeviceChange, DeviceStatus, PeerChange } from '../api.ts'
import type { Address, Endpoint } from '../box.ts'
import { maskPrefix } from '../ip/address.ts'
import type { Key, PublicKey } from '../key.ts'
import type { Conf, EndpointValue, InterfaceConf, Item, PeerConf, PublicValue, SecretValue } from './model.ts'
import type { Problem } from './problem.ts'

/**
 * Who knows names. A function that does not know one returns undefined, which becomes an error with line and column.
 */
export interface Names {
  /** A host name of an Endpoint. */
  resolveHost(name: string): Address | undefined
  /** A key named in angle brackets, without them: `alice`, `alice-bob.psk`. Absent: none is known. */
  secretKey?(name: string): Key | undefined
  /** `bob.pub`. */
  publicKey?(name: string): PublicKey | undefined
  /** The index of an interface by name, for `fe80::1%eth0`. A number needs no name. */
  scopeOf?(zone: string): number | undefined
}

export interface Resolved {
  /** Whole when no problem is an error. */
  readonly change: DeviceChange
  readonly problems: readonly Problem[]
}

/**
 * `wg addconf`: what the file mentions is set, everything else stays. Each peer's allowed IPs become those of the
 * file, unless one has a `+` or `-`.
 */
export function addconfChange(conf: Conf, names: Names): Resolved {
  const problems: Problem[] = []
  const face = interfaceChange(conf, names, problems)
  const peers = conf.peers.flatMap(peer => peerChange(conf, peer, names, problems))
  const change: DeviceChange = peers.length === 0 ? face : { ...face, peers }
  return { change, problems }
}

/**
 * `wg setconf`: the file is all there is. What it does not mention is reset: private key, port, mark, and every peer.
 */
export function setconfChange(conf: Conf, names: Names): Resolved {
  const { change, problems } = addconfChange(conf, names)
  return { change: { ...reset, ...change, replacePeers: true }, problems }
}

/**
 * `wg syncconf`: as setconf, but peers that stay keep their sessions. A preshared key or keepalive gone from the file
 * is taken away.
 */
export function syncconfChange(current: DeviceStatus, conf: Conf, names: Names): Resolved {
  const { change, problems } = addconfChange(conf, names)
  // As wg does: a file without peers says it in one line.
  if (change.peers === undefined && problems.length === 0) {
    return { change: { ...reset, ...change, replacePeers: true }, problems }
  }
  const before = new Map(current.peers.map(peer => [peer.publicKey, peer]))
  const wanted = new Set((change.peers ?? []).map(peer => peer.publicKey))
  const gone = current.peers
    .filter(peer => !wanted.has(peer.publicKey))
    .map((peer): PeerChange => ({ publicKey: peer.publicKey, remove: true }))
  const kept = (change.peers ?? []).map((peer): PeerChange => {
    const old = before.get(peer.publicKey)
    return {
      ...peer,
      ...(peer.presharedKey === undefined && old?.hasPresharedKey ? { presharedKey: null } : {}),
      ...(peer.persistentKeepalive_s === undefined && old !== undefined && old.persistentKeepalive_s !== 0
        ? { persistentKeepalive_s: 0 }
        : {}),
    }
  })
  return { change: { ...reset, ...change, peers: [...gone, ...kept] }, problems }
}

const reset: DeviceChange = { privateKey: null, listenPort: 0, fwmark: 0 }

function interfaceChange(conf: Conf, names: Names, problems: Problem[]): DeviceChange {
  const face: Partial<InterfaceConf> = conf.interface ?? {}
  const privateKey = face.privateKey === undefined ? undefined : secretOf(conf, face.privateKey, names, problems)
  return {
    ...(privateKey === undefined ? {} : { privateKey: privateKey.isZero() ? null : privateKey }),
    ...(face.listenPort === undefined ? {} : { listenPort: face.listenPort.value }),
    ...(face.fwmark === undefined ? {} : { fwmark: face.fwmark.value }),
  }
}

/** None when the peer's own key is not known. */
function peerChange(conf: Conf, peer: PeerConf, names: Names, problems: Problem[]): PeerChange[] {
  const publicKey = publicOf(conf, peer.publicKey, names, problems)
  const presharedKey = peer.presharedKey === undefined ? undefined : secretOf(conf, peer.presharedKey, names, problems)
  const endpoint = peer.endpoint === undefined ? undefined : endpointOf(conf, peer.endpoint, names, problems)
  if (publicKey === undefined) return []
  const allowedIps = peer.allowedIps.map(({ value }): AllowedIpChange => {
    const masked = maskPrefix(value)
    return value.change === 'remove' ? { ...masked, remove: true } : masked
  })
  const incremental = peer.allowedIps.some(item => item.value.change !== undefined)
  return [
    {
      publicKey,
      ...(presharedKey === undefined ? {} : { presharedKey: presharedKey.isZero() ? null : presharedKey }),
      ...(endpoint === undefined ? {} : { endpoint }),
      ...(peer.persistentKeepalive_s === undefined ? {} : { persistentKeepalive_s: peer.persistentKeepalive_s.value }),
      ...(incremental ? {} : { replaceAllowedIps: true }),
      allowedIps,
    },
  ]
}

function secretOf(conf: Conf, item: Item<SecretValue>, names: Names, problems: Problem[]): Key | undefined {
  if (item.value.kind === 'literal') return item.value.key
  return names.secretKey?.(item.value.name) ?? unknown(conf, item, item.value.name, problems)
}

function publicOf(conf: Conf, item: Item<PublicValue>, names: Names, problems: Problem[]): PublicKey | undefined {
  if (item.value.kind === 'literal') return item.value.key
  return names.publicKey?.(item.value.name) ?? unknown(conf, item, item.value.name, problems)
}

function endpointOf(conf: Conf, item: Item<EndpointValue>, names: Names, problems: Problem[]): Endpoint | undefined {
  const { host, port } = item.value
  if (host.kind === 'name') {
    const address = names.resolveHost(host.name)
    if (address !== undefined) return { address, port }
    return complain(
      conf,
      item,
      `the host name ${host.name} does not resolve`,
      'an address, or a name that the resolver knows',
      problems,
    )
  }
  if (host.zone === undefined) return { address: host.address, port }
  const scope = /^[0-9]+$/.test(host.zone) ? Number(host.zone) : names.scopeOf?.(host.zone)
  if (scope !== undefined) return { address: host.address, port, scope }
  return complain(
    conf,
    item,
    `the zone ${host.zone} is no interface here`,
    'the name or number of an interface',
    problems,
  )
}

function unknown(conf: Conf, item: Item<unknown>, name: string, problems: Problem[]): undefined {
  return complain(
    conf,
    item,
    `no key is named <${name}>`,
    'the name of a key of this scenario, or the key itself',
    problems,
  )
}

function complain(conf: Conf, item: Item<unknown>, what: string, instead: string, problems: Problem[]): undefined {
  const { line, column } = item
  problems.push({ severity: 'error', file: conf.file, line, column, what, instead })
}
