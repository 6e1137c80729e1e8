/** The life of a peer's handshake and sessions inside a device: their places, their indices, their end. */
import type { DeviceEvent } from './api.ts'
import type { Instant } from './box.ts'
import type { TransportKeys } from './noise/handshake.ts'
import { createKeypair, type Keypair, type Role } from './noise/keypair.ts'
import type { Peer } from './peer.ts'
import type { DeviceState } from './state.ts'

type KeyEvent = Extract<DeviceEvent, { kind: 'key' }>

/** A fresh index for a handshake message; the one before is forgotten (behaviours 5, 21). */
export function takeHandshakeIndex(state: DeviceState, peer: Peer): number {
  if (peer.handshakeIndex !== undefined) state.indices.remove(peer.handshakeIndex)
  peer.handshakeIndex = state.indices.insert(peer.entry, peer.indexRandom)
  return peer.handshakeIndex
}

/** Makes a session of the finished handshake, which gives it its index (behaviours 46, 49, 50). */
export function beginSession(
  state: DeviceState,
  now: Instant,
  peer: Peer,
  localIndex: number,
  keys: TransportKeys,
  role: Role,
  remoteIndex: number,
): void {
  const keypair = createKeypair(state.noise.crypto, keys, role, localIndex, remoteIndex, now)
  peer.forgetHandshake()
  peer.handshakeIndex = undefined
  state.indices.replace(localIndex, { peer, keypair })
  discard(state, peer, peer.keypairs.add(keypair), 'replaced')
  emitKey(state, peer, keypair, 'derived')
  peer.timers.sessionDerived(now)
}

/** The peer has used the new session for the first time (behaviours 47, 84). */
export function confirmSession(state: DeviceState, now: Instant, peer: Peer, keypair: Keypair): void {
  discard(state, peer, peer.keypairs.confirm(), 'replaced')
  emitKey(state, peer, keypair, 'confirmed')
  completeHandshake(state, now, peer)
}

export function completeHandshake(state: DeviceState, now: Instant, peer: Peer): void {
  peer.timers.handshakeCompleted()
  peer.sentLastMinuteHandshake = false
  peer.latestHandshake = state.options.wallClock(now)
  peer.latestHandshakeAt = now
  state.emit({ kind: 'handshake', peer: peer.publicKey, what: 'completed' })
}

/** The session may not send any more. That it has expired is said once, whichever direction is first. */
export function expireSending(state: DeviceState, peer: Peer, keypair: Keypair | undefined): void {
  if (keypair === undefined) return
  if (keypair.sendingValid && keypair.receivingValid) emitKey(state, peer, keypair, 'expired')
  keypair.sendingValid = false
}

/** The session may not receive any more. */
export function expireReceiving(state: DeviceState, peer: Peer, keypair: Keypair): void {
  if (keypair.sendingValid && keypair.receivingValid) emitKey(state, peer, keypair, 'expired')
  keypair.receivingValid = false
}

/** Drops the handshake that is under way: a late answer to it meets nobody. */
export function clearHandshake(state: DeviceState, peer: Peer): void {
  if (peer.handshakeIndex !== undefined) state.indices.remove(peer.handshakeIndex)
  peer.handshakeIndex = undefined
  peer.forgetHandshake()
}

/** Wipes everything secret that was agreed with the peer (behaviours 62, 66, 68). */
export function zeroKeys(state: DeviceState, peer: Peer): void {
  clearHandshake(state, peer)
  discard(state, peer, peer.keypairs.clear(), 'zeroed')
}

/** Packets that waited for a session are lost. Keepalives among them are nobody's loss, but they are explained too. */
export function dropStaged(state: DeviceState, peer: Peer, reason: 'handshake-given-up' | 'staged-wiped'): void {
  const { staged } = peer
  peer.staged = []
  for (const { id } of staged) state.drop(id, reason, peer)
}

function discard(state: DeviceState, peer: Peer, keypairs: readonly Keypair[], what: KeyEvent['what']): void {
  for (const keypair of keypairs) {
    state.indices.remove(keypair.localIndex)
    emitKey(state, peer, keypair, what)
  }
}

function emitKey(state: DeviceState, peer: Peer, keypair: Keypair, what: KeyEvent['what']): void {
  const { role, localIndex, remoteIndex } = keypair
  state.emit({ kind: 'key', peer: peer.publicKey, what, role, localIndex, remoteIndex })
}
