/** What a device does when a timer of a peer fires (kernel timers.c, the wg_expired functions). */
import type { Instant } from './box.ts'
import type { Peer } from './peer.ts'
import { initiate, sendKeepalive } from './send.ts'
import { dropStaged, zeroKeys } from './session.ts'
import type { DeviceState } from './state.ts'
import type { PeerTimerName } from './timers.ts'

/**
 * Fires every timer that is due, the earliest first; of several peers' due at one instant, the older peer's first. What one
 * of them sends comes too late to stop another of the same moment: in the kernel a tick expires all its timers, and only
 * then do workers encrypt and send (timer.c: expire_timers; queueing.h: wg_queue_enqueue_per_device_and_peer).
 */
export function fireTimers(state: DeviceState, now: Instant): void {
  const due: (readonly [Peer, PeerTimerName])[] = []
  for (let timers = state.deadlines.due(now); timers !== undefined; timers = state.deadlines.due(now)) {
    // One at a time: the next that is due may be another peer's.
    due.push([state.peers.get(timers.peer)!, timers.take(now)!])
  }
  const gaveUp = new Set<Peer>()
  for (const [peer, timer] of due) {
    // Giving up is the exception: it deletes this timer itself (timers.c: wg_expired_retransmit_handshake).
    if (timer === 'send-keepalive' && gaveUp.has(peer)) continue
    if (fire(state, now, peer, timer) === 'gave-up') gaveUp.add(peer)
  }
}

function fire(state: DeviceState, now: Instant, peer: Peer, timer: PeerTimerName): 'gave-up' | undefined {
  switch (timer) {
    case 'retransmit-handshake':
      return retransmit(state, now, peer)
    case 'send-keepalive':
      peer.timers.keepaliveTried(now, sendKeepalive(state, now, peer))
      return undefined
    case 'new-handshake':
      // The source address may be why nothing comes back (behaviour 75).
      peer.source = undefined
      initiate(state, now, peer, false)
      return undefined
    case 'zero-key-material':
      zeroKeys(state, peer)
      return undefined
    case 'persistent-keepalive':
      sendKeepalive(state, now, peer)
      return undefined
  }
}

function retransmit(state: DeviceState, now: Instant, peer: Peer): 'gave-up' | undefined {
  const attempt = peer.timers.attempts + 1
  if (peer.timers.retryOrGiveUp(now) === 'retry') {
    peer.source = undefined
    initiate(state, now, peer, true)
    return undefined
  }
  state.emit({ kind: 'handshake', peer: peer.publicKey, what: 'given-up', attempt })
  dropStaged(state, peer, 'handshake-given-up')
  return 'gave-up'
}
