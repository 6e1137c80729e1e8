/**
 * A Device on a real interface, as the daemon sees it. Two exist: native (one blocking loop over TUN and sockets in a
 * worker thread, batches, offloads) and plain (Node's own file and datagram calls).
 */
import type { DeviceChange, DeviceEvent, DeviceStatus } from '../api.ts'
import type { DropReason } from '../drops.ts'
import type { PublicKey } from '../key.ts'

/** What a Device tells, and what a data plane has to say beside it. */
export type PlaneEvent =
  | DeviceEvent
  /** So many drops more of a peer's, or of nobody's, that were too many to be told one by one. */
  | { readonly kind: 'drops'; readonly peer?: PublicKey; readonly reason: DropReason; readonly count: number }
  /** The Device went up or down with the link; `errno` (negative, else 0) is why it stays down: its port could not be had. */
  | { readonly kind: 'link'; readonly up: boolean; readonly port: number; readonly errno: number }

export interface DataPlaneOptions {
  /** The interface's name, at most 15 bytes; `wg%d` asks the kernel to number it. */
  readonly iface: string
  /** Default 1420. */
  readonly mtu?: number
  /** Called for what happens inside: for logs, the event stream and drop counters. Never with a secret. */
  readonly onEvent?: (event: PlaneEvent) => void
  readonly log: (level: 'error' | 'verbose', text: string) => void
}

export interface DataPlane {
  readonly kind: 'native' | 'plain'
  /** The name the kernel gave. */
  readonly iface: string
  /** What this plane can not do, and what differs on the wire; empty for the native one with everything there. */
  readonly lacks: readonly string[]
  /** Applies a change; 0 or a negative errno (−98 port in use, −22 invalid). What was applied before an error stays. */
  configure(change: DeviceChange): Promise<number>
  /** The lines that `get=1` tells, secrets included: for the control socket alone. Do not configure meanwhile. */
  uapi(): Promise<string>
  /** What `wg show` tells, with drops by reason. */
  status(): Promise<DeviceStatus>
  /** What the heap of its own thread holds, garbage included; 0 when it has none. */
  heapBytes(): Promise<number>
  /** 0, or the negative errno for which it stays down: −98, the port is in use. It tries again with the next port, or when the link comes again. */
  setUp(up: boolean): Promise<number>
  setMtu(mtu: number): Promise<void>
  /** A local address went away or a route changed: sticky sources are forgotten. */
  forgetSources(): void
  /** Ends sockets, TUN and threads; the interface goes with the TUN. Safe to call twice. */
  close(): Promise<void>
  /** Resolves with the reason when the plane ends by itself: the interface was deleted, or a fatal error. */
  readonly ended: Promise<string>
}

export type OpenDataPlane = (options: DataPlaneOptions) => Promise<DataPlane>
