/** What the daemon tells people and their programs: the state of the interface, and each event, as JSON. No secrets. */
import type { DeviceStatus, PeerStatus } from '../api.ts'
import { DROPS, type DropReason } from '../drops.ts'
import { formatEndpoint, formatPrefix } from '../ip/address.ts'
import type { PublicKey } from '../key.ts'
import type { PlaneEvent } from './dataplane.ts'
import type { History, RecentDrop } from './history.ts'
import { errnoName } from './systemerror.ts'

/** `wglab show --json` */
export interface TunnelStatus {
  readonly schema: 'wglab/tunnel@1'
  readonly interface: string
  readonly pid: number
  readonly plane: string
  /** What this data plane can not do. */
  readonly lacks: readonly string[]
  /** Of the daemon's process: all that is resident, and what its heaps hold, garbage included. Absent for others' programs. */
  readonly memory?: { readonly rss_bytes: number; readonly heap_bytes: number }
  readonly public_key: string | null
  readonly listen_port: number
  readonly fwmark: number
  readonly up: boolean
  /** Why the tunnel is down although the link is up; null: nothing is wrong. */
  readonly problem: string | null
  readonly under_load: boolean
  readonly peers: readonly TunnelPeer[]
  /** Of packets that belong to no peer. */
  readonly drops: Drops
  readonly recent_drops: readonly DropLine[]
}

export interface TunnelPeer {
  readonly public_key: PublicKey
  readonly has_preshared_key: boolean
  readonly endpoint: string | null
  readonly allowed_ips: readonly string[]
  /** Milliseconds since 1970; null: never. */
  readonly latest_handshake_ms: number | null
  readonly rx_bytes: number
  readonly tx_bytes: number
  readonly persistent_keepalive_s: number
  readonly staged: number
  readonly drops: Drops
  readonly recent_drops: readonly DropLine[]
}

export type Drops = Readonly<Partial<Record<DropReason, number>>>

export interface DropLine extends RecentDrop {
  /** The reason as a sentence. */
  readonly text: string
}

export interface Facts {
  readonly iface: string
  readonly pid: number
  readonly plane: string
  readonly lacks: readonly string[]
  readonly memory?: { readonly rss_bytes: number; readonly heap_bytes: number }
}

export function tunnelStatus(
  facts: Facts,
  status: DeviceStatus,
  history: History,
  problem: string | null = null,
): TunnelStatus {
  return {
    schema: 'wglab/tunnel@1',
    interface: facts.iface,
    pid: facts.pid,
    plane: facts.plane,
    lacks: facts.lacks,
    ...(facts.memory === undefined ? {} : { memory: facts.memory }),
    public_key: status.publicKey ?? null,
    listen_port: status.listenPort,
    fwmark: status.fwmark,
    up: status.up,
    problem,
    under_load: status.underLoad,
    peers: status.peers.map(peer => peerStatus(peer, history)),
    drops: history.unknown(),
    recent_drops: history.recent(undefined).map(explained),
  }
}

function peerStatus(peer: PeerStatus, history: History): TunnelPeer {
  const { latestHandshake: at } = peer
  return {
    public_key: peer.publicKey,
    has_preshared_key: peer.hasPresharedKey,
    endpoint: peer.endpoint === undefined ? null : formatEndpoint(peer.endpoint),
    allowed_ips: peer.allowedIps.map(formatPrefix),
    latest_handshake_ms: at === undefined ? null : at.sec * 1000 + Math.floor(at.nsec / 1_000_000),
    rx_bytes: peer.rxBytes,
    tx_bytes: peer.txBytes,
    persistent_keepalive_s: peer.persistentKeepalive_s,
    staged: peer.staged,
    drops: peer.drops,
    recent_drops: history.recent(peer.publicKey).map(explained),
  }
}

function explained(drop: RecentDrop): DropLine {
  return { ...drop, text: DROPS[drop.reason] }
}

/** Why the tunnel stays down; null when `errno` is 0. */
export function portProblem(port: number, errno: number): string | null {
  return errno === 0 ? null : `UDP port ${port} can not be had: ${errnoName(-errno)}; choose another listen port`
}

/** One line of `wglab show --follow`. */
export function eventLine(event: PlaneEvent, at_ms: number): string {
  return `${JSON.stringify({ at_ms, ...eventFields(event) })}\n`
}

function eventFields(event: PlaneEvent): Readonly<Record<string, unknown>> {
  switch (event.kind) {
    case 'drop':
      return { kind: 'drop', peer: event.peer, reason: event.reason, text: DROPS[event.reason] }
    case 'drops':
      return { kind: 'drops', peer: event.peer, reason: event.reason, count: event.count, text: DROPS[event.reason] }
    case 'link':
      return { kind: 'link', up: event.up, port: event.port, problem: portProblem(event.port, event.errno) }
    case 'timer':
      return { kind: 'timer', peer: event.peer, timer: event.timer, what: event.what, reason: event.reason }
    case 'endpoint':
      return {
        kind: 'endpoint',
        peer: event.peer,
        from: event.from === undefined ? null : formatEndpoint(event.from),
        to: formatEndpoint(event.to),
      }
    case 'key':
    case 'handshake':
    case 'load':
    case 'peer':
      return { ...event }
  }
}
