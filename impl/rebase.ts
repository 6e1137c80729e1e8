/** A device that lives longer than 104 days: its clock is put back, and with it everything it remembers of time. */
import { rebased } from './box.ts'
import type { Peer } from './peer.ts'
import type { DeviceState } from './state.ts'

/** Throws a RangeError unless `by_ns` is a whole number from 0 to the latest instant the device was told. */
export function rebase(state: DeviceState, by_ns: number): void {
  if (!Number.isSafeInteger(by_ns) || by_ns < 0 || by_ns > state.now) {
    throw new RangeError(`rebase by ${by_ns} ns (a whole number from 0 to ${state.now}, which is now)`)
  }
  state.now = rebased(state.now, by_ns)
  state.cookieSecret.rebase(by_ns)
  state.queue.rebase(by_ns)
  state.limiter.rebase(by_ns)
  for (const peer of state.peers.values()) rebasePeer(peer, by_ns)
  // After the peers' timers, whose deadlines it holds.
  state.deadlines.rebase(by_ns)
}

function rebasePeer(peer: Peer, by_ns: number): void {
  const { keypairs, lastInitiationConsumed, lastSentHandshake, latestHandshakeAt } = peer
  peer.timers.rebase(by_ns)
  peer.jar.rebase(by_ns)
  if (lastInitiationConsumed !== undefined) peer.lastInitiationConsumed = rebased(lastInitiationConsumed, by_ns)
  if (lastSentHandshake !== undefined) peer.lastSentHandshake = rebased(lastSentHandshake, by_ns)
  if (latestHandshakeAt !== undefined) peer.latestHandshakeAt = rebased(latestHandshakeAt, by_ns)
  for (const keypair of [keypairs.current, keypairs.previous, keypairs.next]) {
    if (keypair !== undefined) keypair.born = rebased(keypair.born, by_ns)
  }
}
