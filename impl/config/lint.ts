/** Advice on one file that is right but perhaps not meant. Needs no network and no second file. */
import { addressInPrefix, formatPrefix, maskPrefix, samePrefix } from '../ip/address.ts'
import type { AllowedIpValue, Conf, Item, PeerConf } from './model.ts'
import type { Place, Problem } from './problem.ts'

/** Warnings alone, in the order of the file. */
export function lintConf(conf: Conf): readonly Problem[] {
  const problems: Problem[] = []
  const warn: Warn = (place, what, instead) => {
    const { line, column } = place
    problems.push({ severity: 'warning', file: conf.file, line, column, what, instead })
  }
  lintInterface(conf, warn)
  lintRanges(conf.peers, warn)
  for (const peer of conf.peers) lintPeer(conf, peer, warn)
  return problems.sort((a, b) => a.line - b.line || a.column - b.column)
}

type Warn = (place: Place, what: string, instead: string) => void

function lintInterface(conf: Conf, warn: Warn): void {
  const face = conf.interface
  if (face === undefined || conf.dialect === 'wg') return
  if (face.addresses.length === 0) {
    warn(face, '[Interface] has no Address: nothing inside the tunnel can answer', 'Address = 10.0.0.1/24')
  }
  for (const item of face.addresses) {
    const { address, length } = item.value
    const bits = address.length * 8
    if (length < bits - 1 && samePrefix(maskPrefix(item.value), item.value)) {
      warn(
        item,
        `Address ${formatPrefix(item.value)} is the network itself, not a host in it`,
        'the address of this host',
      )
    }
  }
  if (face.mtu === undefined && conf.peers.some(peer => isDefault(peer.allowedIps))) {
    warn(
      face,
      'no MTU on a full tunnel: wg-quick guesses from the route to the endpoint',
      'MTU = 1420, or 1280 where paths are narrow',
    )
  }
  if (face.saveConfig?.value === true) {
    warn(
      face.saveConfig,
      'SaveConfig overwrites this file when the interface goes down, comments and edits included',
      'SaveConfig = false',
    )
  }
}

function lintPeer(conf: Conf, peer: PeerConf, warn: Warn): void {
  const keepalive = peer.persistentKeepalive_s
  if (keepalive !== undefined && keepalive.value > 0 && peer.endpoint === undefined) {
    warn(
      keepalive,
      'PersistentKeepalive toward a peer without Endpoint: nothing is sent until it has spoken',
      'PersistentKeepalive on the side behind NAT',
    )
  }
  if (peer.endpoint === undefined && conf.interface?.listenPort === undefined) {
    warn(
      peer,
      'neither this peer has an Endpoint nor this interface a ListenPort: nobody can begin',
      'Endpoint in this [Peer], or ListenPort in [Interface]',
    )
  }
  if (peer.allowedIps.length === 0) {
    warn(peer, 'the peer has no AllowedIPs: it can shake hands and send nothing', 'AllowedIPs = 10.0.0.2/32')
  }
}

/** Ranges of different peers: the same twice (the last wins), one address in a network of another, /0 beside others. */
function lintRanges(peers: readonly PeerConf[], warn: Warn): void {
  const seen: { item: Item<AllowedIpValue>; peer: PeerConf }[] = []
  for (const peer of peers) {
    for (const item of peer.allowedIps) {
      if (item.value.change === 'remove') continue
      for (const other of seen) if (other.peer !== peer) compare(other.item, item, warn)
      seen.push({ item, peer })
    }
  }
}

function compare(first: Item<AllowedIpValue>, second: Item<AllowedIpValue>, warn: Warn): void {
  const a = maskPrefix(first.value)
  const b = maskPrefix(second.value)
  if (samePrefix(a, b)) {
    warn(
      second,
      `AllowedIPs ${formatPrefix(b)} is already another peer's, in line ${first.line}: the last one takes it`,
      'each range at one peer',
    )
    return
  }
  const [wide, item] = a.length < b.length ? [a, first] : [b, second]
  const narrow = wide === a ? b : a
  if (!addressInPrefix(narrow.address, wide)) return
  if (wide.length === 0) {
    warn(
      item,
      `AllowedIPs ${formatPrefix(wide)} beside other peers: all that they do not claim goes to this one`,
      'the ranges behind this peer, unless it is the way out',
    )
  } else {
    warn(
      item,
      `AllowedIPs ${formatPrefix(wide)} contains ${formatPrefix(narrow)} of another peer: the longer prefix wins`,
      'ranges that do not overlap, unless this is meant',
    )
  }
}

function isDefault(ranges: readonly Item<AllowedIpValue>[]): boolean {
  return ranges.some(item => item.value.length === 0)
}
