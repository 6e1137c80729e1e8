/** What a device does when a timer of a peer fires (kernel timers.c, the wg_expired functions). */
import type { Instant } from './box.ts'
import type { Peer } from './peer.ts'
import { initiate, sendKeepalive } from './send.ts'
import { dropStaged, zeroKeys } from './session.ts'
import type { DeviceState } from './state.ts'
import type { PeerTimerName } from './timers.ts'

/** Fires every timer that is due, the earliest first; of several peers' due at one instant, the older peer's first. */
export function fireTimers(state: DeviceState, now: Instant): void {
  for (let timers = state.deadlines.due(now); timers !== undefined; timers = state.deadlines.due(now)) {
    // One at a time: the next that is due may be another peer's.
    fire(state, now, state.peers.get(timers.peer)!, timers.take(now)!)
  }
}

function fire(state: DeviceState, now: Instant, peer: Peer, timer: PeerTimerName): void {
  switch (timer) {
    case 'retransmit-handshake':
      retransmit(state, now, peer)
      return
    case 'send-keepalive':
      peer.timers.keepaliveTried(now, sendKeepalive(state, now, peer))
      return
    case 'new-handshake':
      // The source address may be why nothing comes back (behaviour 75).
      peer.source = undefined
      initiate(state, now, peer, false)
      return
    case 'zero-key-material':
      zeroKeys(state, peer)
      return
    case 'persistent-keepalive':
      sendKeepalive(state, now, peer)
      return
  }
}

function retransmit(state: DeviceState, now: Instant, peer: Peer): void {
  const attempt = peer.timers.attempts + 1
  if (peer.timers.retryOrGiveUp(now) === 'retry') {
    peer.source = undefined
    initiate(state, now, peer, true)
    return
  }
  state.emit({ kind: 'handshake', peer: peer.publicKey, what: 'given-up', attempt })
  dropStaged(state, peer, 'handshake-given-up')
}
