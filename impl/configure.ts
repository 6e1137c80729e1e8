/** Configuration, link state and sleep: what an administrator does to a device (kernel netlink.c, device.c). */
import type { AllowedIpChange, DeviceChange, PeerChange } from './api.ts'
import type { Address, Endpoint, Instant } from './box.ts'
import { keyFromBase64, keyToBase64 } from './config/base64.ts'
import { MAX_PEERS_PER_DEVICE } from './constants.ts'
import { Key, type PublicKey } from './key.ts'
import { CookieChecker } from './noise/cookie.ts'
import { Peer } from './peer.ts'
import { sendKeepalive, sendStaged } from './send.ts'
import { clearHandshake, dropStaged, expireSending, zeroKeys } from './session.ts'
import type { DeviceState, Identity } from './state.ts'

/** Applies the change in the kernel's order. Throws, before anything has changed, when part of it is wrong. */
export function configure(state: DeviceState, now: Instant, change: DeviceChange): void {
  check(change)
  checkPeerCount(state, change)
  if (change.fwmark !== undefined) setFwmark(state, change.fwmark)
  if (change.listenPort !== undefined) setListenPort(state, change.listenPort)
  if (change.replacePeers === true) for (const peer of [...state.peers.values()]) removePeer(state, peer)
  if (change.privateKey !== undefined) setPrivateKey(state, now, change.privateKey)
  const made = new Set<PublicKey>()
  for (const peer of change.peers ?? []) configurePeer(state, now, peer, made)
}

/** Behaviours 66, 67. */
export function setLink(state: DeviceState, now: Instant, up: boolean): void {
  if (up === state.up) return
  if (up) {
    state.up = true
    announceSocket(state)
    for (const peer of state.peers.values()) {
      sendStaged(state, now, peer)
      if (peer.timers.persistentKeepalive_s > 0) sendKeepalive(state, now, peer)
    }
    return
  }
  for (const peer of state.peers.values()) {
    dropStaged(state, peer, 'staged-wiped')
    peer.timers.stop()
    zeroKeys(state, peer)
    peer.lastSentHandshake = undefined
  }
  for (const { id } of state.queue.clear()) state.drop(id, 'device-down')
  state.up = false
  announceSocket(state)
}

/** The machine is about to sleep: nobody may find keys in its memory (behaviour 68). */
export function suspend(state: DeviceState): void {
  for (const peer of state.peers.values()) {
    peer.timers.keysZeroed()
    zeroKeys(state, peer)
  }
}

/** Behaviour 112. */
export function forgetSource(state: DeviceState, address?: Address): void {
  for (const peer of state.peers.values()) {
    if (address === undefined || peer.source?.join() === address.join()) peer.source = undefined
  }
}

function setFwmark(state: DeviceState, fwmark: number): void {
  const changed = fwmark !== state.fwmark
  state.fwmark = fwmark
  forgetSource(state)
  if (changed && state.up) announceSocket(state)
}

/** Setting the same port is a no-op (behaviour 115). */
function setListenPort(state: DeviceState, port: number): void {
  if (port === state.listenPort) return
  state.listenPort = port
  forgetSource(state)
  if (state.up) announceSocket(state)
}

/** The identical key, byte for byte, is a no-op; another ends every session's sending at once (behaviours 63, 64, 69, 141). */
function setPrivateKey(state: DeviceState, now: Instant, key: Key | null): void {
  const wanted = key === null || key.isZero() ? undefined : key
  const before = state.identity
  // As in the kernel the key that is set is compared as it comes with the one that is kept, which is clamped: the same
  // key in another spelling is a new key. Measured on Linux 6.12; wireguard-go clamps first and keeps its sessions.
  if (wanted === undefined ? before === undefined : before?.key.equals(wanted) === true) return
  const identity = wanted === undefined ? undefined : identityOf(state, clamped(wanted))
  const ourselves = identity === undefined ? undefined : state.peers.get(identity.publicKey)
  if (ourselves !== undefined) removePeer(state, ourselves)
  state.identity = identity
  before?.key.zero()
  for (const peer of state.peers.values()) {
    peer.forgetStaticStatic()
    clearHandshake(state, peer)
    peer.lastSentHandshake = undefined
    expireSending(state, peer, peer.keypairs.next)
    expireSending(state, peer, peer.keypairs.current)
    if (before === undefined && state.up) sendStaged(state, now, peer)
  }
}

function identityOf(state: DeviceState, key: Key): Identity {
  const { crypto } = state.noise
  const privateKey = crypto.privateKey(key.reveal())
  const publicKey = keyToBase64(privateKey.publicKey) as PublicKey
  const checker = new CookieChecker(crypto, state.cookieNonces, privateKey.publicKey, state.cookieSecret)
  return { key, privateKey, publicKey, checker }
}

/** `made`: the peers that this configuration has made so far. */
function configurePeer(state: DeviceState, now: Instant, change: PeerChange, made: Set<PublicKey>): void {
  const known = state.peers.get(change.publicKey)
  if (change.remove === true || (change.updateOnly === true && made.has(change.publicKey))) {
    if (known !== undefined) removePeer(state, known)
    return
  }
  if (known === undefined && (change.updateOnly === true || change.publicKey === state.identity?.publicKey)) return
  const peer = known ?? addPeer(state, change.publicKey)
  if (known === undefined) made.add(change.publicKey)
  if (change.presharedKey !== undefined) peer.usePresharedKey(change.presharedKey)
  if (change.endpoint !== undefined) state.setEndpoint(peer, change.endpoint, undefined)
  if (change.replaceAllowedIps === true) state.allowedIps.removeOwner(peer)
  for (const prefix of change.allowedIps ?? []) {
    if (prefix.remove === true) state.allowedIps.remove(prefix, peer)
    else state.allowedIps.insert(prefix, peer)
  }
  if (change.persistentKeepalive_s !== undefined) {
    const enabled = peer.timers.persistentKeepalive_s === 0 && change.persistentKeepalive_s > 0
    peer.timers.setPersistentKeepalive(change.persistentKeepalive_s)
    if (enabled && state.up) sendKeepalive(state, now, peer)
  }
  if (state.up) sendStaged(state, now, peer)
}

function addPeer(state: DeviceState, publicKey: PublicKey): Peer {
  const times = state.removals.of(publicKey)
  const random = state.options.random.split(`peer ${publicKey}${times === 0 ? '' : ` ${times}`}`)
  const remoteStatic = keyFromBase64(publicKey)!
  const peer = new Peer(state, state.noise.crypto, publicKey, remoteStatic, state.peersMade++, random)
  state.peers.set(publicKey, peer)
  state.emit({ kind: 'peer', peer: publicKey, what: 'added' })
  return peer
}

/** Its timestamp, cookie and statistics go with it (behaviours 16, 129). */
function removePeer(state: DeviceState, peer: Peer): void {
  state.allowedIps.removeOwner(peer)
  peer.timers.stop()
  state.deadlines.remove(peer.timers)
  dropStaged(state, peer, 'staged-wiped')
  zeroKeys(state, peer)
  state.peers.delete(peer.publicKey)
  peer.wipeSecrets()
  state.removals.add(peer.publicKey)
  state.emit({ kind: 'peer', peer: peer.publicKey, what: 'removed' })
}

function announceSocket(state: DeviceState): void {
  state.output({ kind: 'socket', port: state.up ? state.listenPort : undefined, fwmark: state.fwmark })
}

/** RFC 7748 §5. */
function clamped(key: Key): Key {
  const bytes = key.reveal().slice()
  bytes[0]! &= 248
  bytes[31] = (bytes[31]! & 127) | 64
  return new Key(bytes)
}

function check(change: DeviceChange): void {
  wholeNumber('listenPort', change.listenPort, 65535, 'a UDP port, or 0 for any')
  wholeNumber('fwmark', change.fwmark, 0xffff_ffff, '0 for none')
  for (const peer of change.peers ?? []) {
    if (keyFromBase64(peer.publicKey) === undefined) {
      throw new Error(
        `publicKey: "${peer.publicKey}" is no key (44 characters of base64 for 32 bytes, as wg pubkey prints)`,
      )
    }
    const where = `peer ${peer.publicKey}: `
    wholeNumber(`${where}persistentKeepalive_s`, peer.persistentKeepalive_s, 65535, 'seconds, or 0 for off')
    if (peer.endpoint !== undefined) checkEndpoint(where, peer.endpoint)
    for (const prefix of peer.allowedIps ?? []) checkPrefix(where, prefix)
  }
}

function checkEndpoint(where: string, { address, port }: Endpoint): void {
  if (address.length !== 4 && address.length !== 16) {
    throw new Error(`${where}endpoint: an address has 4 or 16 bytes, not ${address.length}`)
  }
  if (!Number.isInteger(port) || port < 1 || port > 65535) {
    throw new Error(`${where}endpoint: port ${port} (a whole number from 1 to 65535)`)
  }
}

function checkPrefix(where: string, { address, length }: AllowedIpChange): void {
  if (address.length !== 4 && address.length !== 16) {
    throw new Error(`${where}allowedIps: an address has 4 or 16 bytes, not ${address.length}`)
  }
  const bits = address.length * 8
  if (!Number.isInteger(length) || length < 0 || length > bits) {
    throw new Error(`${where}allowedIps: /${length} (from /0 to /${bits} for IPv${bits === 32 ? 4 : 6})`)
  }
}

/** Behaviour 150. Peers that the change names and that are not there yet count, wherever they end. */
function checkPeerCount(state: DeviceState, change: DeviceChange): void {
  const wanted = change.peers ?? []
  let count = change.replacePeers === true ? 0 : state.peers.size
  if (count + wanted.length <= MAX_PEERS_PER_DEVICE) return
  for (const peer of wanted) {
    const isNew = change.replacePeers === true || !state.peers.has(peer.publicKey)
    if (isNew && peer.remove !== true && peer.updateOnly !== true) count++
  }
  if (count > MAX_PEERS_PER_DEVICE) {
    throw new Error(`peers: ${count} are too many for one device (at most ${MAX_PEERS_PER_DEVICE})`)
  }
}

function wholeNumber(name: string, value: number | undefined, most: number, meaning: string): void {
  if (value === undefined || (Number.isInteger(value) && value >= 0 && value <= most)) return
  throw new Error(`${name}: ${value} (a whole number from 0 to ${most}; ${meaning})`)
}
