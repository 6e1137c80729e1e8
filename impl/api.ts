/** What goes into a Device and what comes out of it. The Device itself is in `device.ts`. */
import type { Address, Endpoint, Instant, PacketId, Random, WallTime } from './box.ts'
import type { CryptoProvider } from './crypto/provider.ts'
import type { DropReason } from './drops.ts'
import type { Key, PublicKey } from './key.ts'

export interface DeviceOptions {
  /** The box's name: ids of packets born here carry it. */
  readonly name: string
  readonly crypto: CryptoProvider
  readonly random: Random
  /** The host's wall clock at an instant; it may be wrong, drift and jump. */
  readonly wallClock: (now: Instant) => WallTime
  /** MTU of the tunnel interface in bytes; 0 is allowed (behaviour 87). Default 1420. */
  readonly mtu?: number
  /** What one handshake message costs this machine, in virtual nanoseconds: the queue fills and load exists when it is > 0. Default 0. */
  readonly handshakeCost_ns?: number
  /**
   * The length of a kernel's jiffy in nanoseconds: 4,000,000 for HZ=250. Timers then fire as late as the kernel's timer
   * wheel lets them, which is up to 256 ms for those of 5 to 15 s (timerwheel.ts). Default: none, to the nanosecond.
   */
  readonly timerWheel_ns?: number
  /** What that wheel's clock shows when the device's is 0: its steps are counted from there. 0 or more; default 0. */
  readonly timerWheelStart_ns?: number
  /** Which timer events are told: all, or only those of timers that fire. Traffic sets and cancels timers all the time. Default all. */
  readonly timerEvents?: 'all' | 'fired'
  /** Give out ephemeral private keys as `secret` outputs, for captures that decrypt themselves. Default false. */
  readonly revealSecrets?: boolean
}

/** 0 not-ECT, 1 ECT(1), 2 ECT(0), 3 CE (RFC 3168 §5). */
export type Ecn = 0 | 1 | 2 | 3

export type DeviceInput =
  /** An IP packet that the host routed into the tunnel. `routeMtu`: the route's MTU where it differs from the device's; what is no whole number of bytes is ignored. */
  | {
      readonly kind: 'inner'
      readonly id: PacketId
      readonly packet: Uint8Array
      readonly routeMtu?: number
      /**
       * The packet's buffer has 16 bytes before it and 31 after it. All of that is the device's to write until its
       * outputs are taken, and the caller's again after that: the device seals there, and copies what it keeps.
       */
      readonly inPlace?: boolean
    }
  /**
   * The payload of a UDP datagram that arrived at our port. `to`: the local address it came in on. `inPlace`: as above,
   * with no bytes before and after; for data messages alone.
   */
  | {
      readonly kind: 'datagram'
      readonly id: PacketId
      readonly bytes: Uint8Array
      readonly from: Endpoint
      readonly to?: Address | undefined
      readonly ecn: Ecn
      readonly inPlace?: boolean
    }
  | { readonly kind: 'configure'; readonly change: DeviceChange }
  /** The interface goes up or down (behaviours 66, 67). A new device is down. */
  | { readonly kind: 'link'; readonly up: boolean }
  | { readonly kind: 'mtu'; readonly mtu: number }
  /** The machine is about to sleep: keys are wiped (behaviour 68). */
  | { readonly kind: 'suspend' }
  /** A local address went away, or the route of a peer changed: forget sticky sources that used it; undefined: all (behaviour 112). */
  | { readonly kind: 'forget-source'; readonly address?: Address }
  /** A datagram of so many bytes to the peer could not be sent: it does not count. Ignored when the peer is gone. */
  | { readonly kind: 'not-sent'; readonly peer: PublicKey; readonly bytes: number }

export type DeviceOutput =
  | DatagramOut
  /** An inner IP packet for the host; `ecn` is already folded in. */
  | { readonly kind: 'inner'; readonly id: PacketId; readonly packet: Uint8Array; readonly peer: PublicKey }
  /** Tell the sender of an inner packet: ICMPv4 3/1 host unreachable or ICMPv6 1/3 address unreachable (behaviours 101, 102). */
  | { readonly kind: 'unreachable'; readonly id: PacketId; readonly packet: Uint8Array; readonly reason: DropReason }
  /** The UDP sockets wanted from now on: closed when port is undefined; 0 asks the host to choose, which then configures listenPort. */
  | { readonly kind: 'socket'; readonly port: number | undefined; readonly fwmark: number }
  | { readonly kind: 'event'; readonly event: DeviceEvent }
  | { readonly kind: 'secret'; readonly secret: SessionSecret }

export interface DatagramOut {
  readonly kind: 'datagram'
  readonly id: PacketId
  readonly bytes: Uint8Array
  readonly to: Endpoint
  /** The sticky source address (behaviour 111); the host chooses when undefined. */
  readonly from: Address | undefined
  /** The outer traffic class: DSCP and ECN (behaviours 96, 98). */
  readonly tos: number
  readonly fwmark: number
  readonly message: MessageName
  /** Absent for a cookie reply to somebody unknown. */
  readonly peer: PublicKey | undefined
}

export type MessageName = 'initiation' | 'response' | 'cookie-reply' | 'data' | 'keepalive'

/** For the capture's key log. Never logged, never part of an event. */
export interface SessionSecret {
  readonly kind: 'ephemeral'
  readonly peer: PublicKey
  readonly key: Key
}

export type TimerName =
  | 'retransmit-handshake'
  | 'send-keepalive'
  | 'new-handshake'
  | 'zero-key-material'
  | 'persistent-keepalive'
  | 'handshake-queue'

/** What happened inside, for traces and for people. Carries no secret. */
export type DeviceEvent =
  | { readonly kind: 'drop'; readonly id: PacketId; readonly reason: DropReason; readonly peer?: PublicKey }
  | {
      readonly kind: 'timer'
      readonly peer: PublicKey
      readonly timer: TimerName
      readonly what: 'set' | 'cancelled' | 'fired'
      readonly due?: Instant
      readonly reason: string
    }
  | {
      readonly kind: 'key'
      readonly peer: PublicKey
      readonly what: 'derived' | 'confirmed' | 'replaced' | 'expired' | 'zeroed'
      readonly role?: 'initiator' | 'responder'
      readonly localIndex?: number
      readonly remoteIndex?: number
    }
  | {
      readonly kind: 'handshake'
      readonly peer: PublicKey
      /** blocked: a retransmission was due, but a response of ours left less than 5 s ago; nobody tries again (behaviours 25, 74). */
      readonly what: 'initiated' | 'retried' | 'blocked' | 'answered' | 'completed' | 'given-up'
      readonly attempt?: number
    }
  | { readonly kind: 'endpoint'; readonly peer: PublicKey; readonly from: Endpoint | undefined; readonly to: Endpoint }
  | { readonly kind: 'load'; readonly underLoad: boolean; readonly queued: number }
  | { readonly kind: 'peer'; readonly peer: PublicKey; readonly what: 'added' | 'removed' }

/** One change of configuration, applied in the kernel's order: fwmark, port, replacePeers, private key, peers (behaviours 63–65, 82, 124–128, 141, 142). */
export interface DeviceChange {
  /** null removes the key. */
  readonly privateKey?: Key | null
  readonly listenPort?: number
  readonly fwmark?: number
  readonly replacePeers?: boolean
  readonly peers?: readonly PeerChange[]
}

export interface PeerChange {
  readonly publicKey: PublicKey
  readonly remove?: boolean
  /** Nothing where there is no such peer; one that this very DeviceChange has made goes again, as in wireguard-go. */
  readonly updateOnly?: boolean
  /** null or all zero: none. */
  readonly presharedKey?: Key | null
  readonly endpoint?: Endpoint
  /** Seconds, 0 is off, at most 65535. */
  readonly persistentKeepalive_s?: number
  readonly replaceAllowedIps?: boolean
  readonly allowedIps?: readonly AllowedIpChange[]
}

export interface Prefix {
  readonly address: Address
  readonly length: number
}

export interface AllowedIpChange extends Prefix {
  readonly remove?: boolean
}

/** What `wg show` would say. No secrets. */
export interface DeviceStatus {
  readonly publicKey: PublicKey | undefined
  readonly listenPort: number
  readonly fwmark: number
  readonly up: boolean
  readonly underLoad: boolean
  readonly peers: readonly PeerStatus[]
}

export interface PeerStatus {
  readonly publicKey: PublicKey
  readonly hasPresharedKey: boolean
  readonly endpoint: Endpoint | undefined
  readonly allowedIps: readonly Prefix[]
  /** Wall time of the last completed handshake; undefined: never. */
  readonly latestHandshake: WallTime | undefined
  readonly latestHandshakeAt: Instant | undefined
  readonly rxBytes: number
  readonly txBytes: number
  readonly persistentKeepalive_s: number
  readonly staged: number
  /** How many packets were dropped for each reason, towards or from this peer. */
  readonly drops: Readonly<Partial<Record<DropReason, number>>>
}
