/**
 * A WireGuard interface without an operating system: bytes and an instant come in, bytes and events go out.
 * A packet's way out stands in `send.ts`, its way in in `receive.ts`; `state.ts` is all there is to remember.
 */
import type { DeviceInput, DeviceOptions, DeviceOutput, DeviceStatus, PeerStatus } from './api.ts'
import type { Box, Instant, PacketId } from './box.ts'
import { configure, forgetSource, setLink, suspend } from './configure.ts'
import { fireTimers } from './expire.ts'
import type { PublicKey } from './key.ts'
import { rebase } from './rebase.ts'
import { receiveDatagram, serveHandshakes } from './receive.ts'
import { countNotSent, sendInner } from './send.ts'
import { checkedMtu, DeviceState } from './state.ts'

let peek: (device: Device) => DeviceState

export class Device implements Box<DeviceInput, DeviceOutput> {
  static {
    peek = device => device.#state
  }

  readonly #state: DeviceState

  /** A new device is down and has no key and no peers. Throws an Error on an impossible MTU or cost. */
  constructor(options: DeviceOptions) {
    this.#state = new DeviceState(options)
  }

  /**
   * Bytes that are handed over stay handed over: the device may keep them. `now` never goes back.
   * Throws an Error on a wrong configuration, and then has changed nothing; never on a packet.
   */
  handleInput(now: Instant, input: DeviceInput): void {
    const state = this.#state
    state.tell(now)
    switch (input.kind) {
      case 'inner':
        sendInner(state, now, input)
        return
      case 'datagram':
        receiveDatagram(state, now, input)
        return
      case 'configure':
        configure(state, now, input.change)
        return
      case 'link':
        setLink(state, now, input.up)
        return
      case 'mtu':
        state.mtu = checkedMtu(input.mtu)
        return
      case 'suspend':
        suspend(state)
        return
      case 'forget-source':
        forgetSource(state, input.address)
        return
      case 'not-sent':
        countNotSent(state, input.peer, input.bytes)
        return
    }
  }

  /** Works off handshake messages that waited, then fires the timers that are due. Early calls do nothing. */
  handleTimeout(now: Instant): void {
    this.#state.tell(now)
    serveHandshakes(this.#state, now)
    fireTimers(this.#state, now)
  }

  /**
   * The clock is put back by so many nanoseconds, a whole number, so that it need not end after 104 days: every instant
   * the device remembers becomes as much earlier, at the earliest 0. Nothing else changes as long as more than ten minutes
   * (REJECT_AFTER_TIME · 3, and a little) are left of `now`. Outputs must have been taken.
   */
  rebase(now: Instant, by_ns: number): void {
    this.#state.tell(now)
    rebase(this.#state, by_ns)
  }

  pollOutput(): DeviceOutput | undefined {
    return this.#state.pollOutput()
  }

  pollTimeout(): Instant {
    const { queue, deadlines } = this.#state
    return Math.min(queue.due(), deadlines.next()) as Instant
  }

  timeoutReason(): string {
    const { queue, deadlines } = this.#state
    const at = deadlines.next()
    if (queue.due() < at) return 'handshake-queue: a handshake message waits for its turn'
    return deadlines.due(at)?.reason() ?? 'nothing is due'
  }

  /** Ids of the inner packets that wait for a session, peer by peer. */
  *waiting(): Generator<PacketId> {
    for (const peer of this.#state.peers.values()) for (const { id } of peer.staged) yield id
  }

  /** What `wg show` would say. `now`: whether there is load is a matter of time; default: the last input's. */
  status(now: Instant = this.#state.now): DeviceStatus {
    const state = this.#state
    return {
      publicKey: state.identity?.publicKey,
      listenPort: state.listenPort,
      fwmark: state.fwmark,
      up: state.up,
      underLoad: state.queue.isUnderLoad(now),
      peers: Array.from(state.peers.values(), peer => peer.status(state.allowedIps.list(peer))),
    }
  }

  /** What a configuration says of the device itself, without its peers. */
  settings(): Pick<DeviceStatus, 'publicKey' | 'listenPort' | 'fwmark' | 'up'> {
    const { identity, listenPort, fwmark, up } = this.#state
    return { publicKey: identity?.publicKey, listenPort, fwmark, up }
  }

  /** The peers' public keys, in the order they were added. */
  publicKeys(): PublicKey[] {
    return [...this.#state.peers.keys()]
  }

  /** The same as in `status`, of one peer. */
  peer(publicKey: PublicKey): PeerStatus | undefined {
    const peer = this.#state.peers.get(publicKey)
    return peer?.status(this.#state.allowedIps.list(peer))
  }
}

/** What a device remembers, to be looked at and changed by tests alone. It holds secrets. */
export function stateOf(device: Device): DeviceState {
  return peek(device)
}
