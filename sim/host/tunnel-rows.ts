/** What a device says, as rows of the trace. */
import type { DeviceChange, DeviceEvent, PeerStatus } from '../../impl/api.ts'
import type { Instant, PacketId } from '../../impl/box.ts'
import type { DropReason } from '../../impl/drops.ts'
import { formatEndpoint, formatPrefix } from '../../impl/ip/address.ts'
import type { KeyRow, StateRow, TimerRow } from '../../scenarios/language/trace.ts'
import type { NodeOutput } from '../node.ts'
import type { Layer } from './stack.ts'

type EventOf<Kind extends DeviceEvent['kind']> = Extract<DeviceEvent, { kind: Kind }>

/** Losses of packets that were to go into the tunnel, or came out of it; all others happen to datagrams. */
const INNER_REASONS: ReadonlySet<DropReason> = new Set<DropReason>([
  'not-ip',
  'no-route',
  'no-endpoint',
  'staged-overflow',
  'handshake-given-up',
  'staged-wiped',
  'low-order-peer',
  'inner-not-ip',
  'inner-bad-length',
  'source-not-allowed',
])

/** `inward`: the device was handed a packet to encrypt when it said so. */
export function layerOf(reason: DropReason, inward: boolean): Layer {
  if (reason === 'device-down') return inward ? 'inner' : 'wire'
  return INNER_REASONS.has(reason) ? 'inner' : 'wire'
}

export function timerRow(t: Instant, host: string, peer: string, event: EventOf<'timer'>): TimerRow {
  const { timer, what, due, reason } = event
  const row = { kind: 'timer', t, host, peer, timer, what, reason } as const
  return due === undefined ? row : { ...row, due }
}

export function keyRow(t: Instant, host: string, peer: string, event: EventOf<'key'>): KeyRow {
  const { what, role, localIndex, remoteIndex } = event
  return {
    kind: 'key',
    t,
    host,
    peer,
    what,
    ...(role === undefined ? {} : { role }),
    ...(localIndex === undefined ? {} : { local_index: localIndex }),
    ...(remoteIndex === undefined ? {} : { remote_index: remoteIndex }),
  }
}

export function stateRow(t: Instant, host: string, iface: string, name: string, peer: PeerStatus): StateRow {
  return {
    kind: 'state',
    t,
    host,
    iface,
    peer: name,
    endpoint: endpointText(peer),
    latest_handshake: peer.latestHandshakeAt ?? null,
    rx_bytes: peer.rxBytes,
    tx_bytes: peer.txBytes,
    allowed_ips: peer.allowedIps.map(formatPrefix),
    keepalive_s: peer.persistentKeepalive_s,
  }
}

/** All of a state row but its counters: two equal texts are one state. */
export function stateText(peer: PeerStatus): string {
  const { latestHandshakeAt, persistentKeepalive_s, allowedIps } = peer
  return `${endpointText(peer)} ${latestHandshakeAt} ${persistentKeepalive_s} ${allowedIps.map(formatPrefix)}`
}

function endpointText(peer: PeerStatus): string {
  return peer.endpoint === undefined ? '(none)' : formatEndpoint(peer.endpoint)
}

/** What is worth a note about a handshake; most of it is seen on the wire anyway. */
export function handshakeNote(iface: string, peer: string, event: EventOf<'handshake'>): string | undefined {
  if (event.what === 'given-up') return `${iface}: ${peer} does not answer; the handshake is given up`
  if (event.what !== 'blocked') return undefined
  return `${iface}: no further initiation to ${peer}: a response left less than 5 s ago`
}

export function loadNote(iface: string, event: EventOf<'load'>): string {
  const state = event.underLoad ? 'under load' : 'not under load any more'
  return `${iface} is ${state}: ${event.queued} handshake messages wait`
}

/** What a change brings for the capture's key log. */
export function secretsOf(change: DeviceChange): Extract<NodeOutput, { kind: 'secret' }>[] {
  const all = [
    { secret: 'LOCAL_STATIC_PRIVATE_KEY', key: change.privateKey } as const,
    ...(change.peers ?? []).map(peer => ({ secret: 'PRESHARED_KEY', key: peer.presharedKey }) as const),
  ]
  return all.flatMap(({ secret, key }) => (key && !key.isZero() ? [{ kind: 'secret', secret, key }] : []))
}

export function sameId(a: PacketId | undefined, b: PacketId): boolean {
  return a === b || (a !== undefined && a.n === b.n && a.box === b.box)
}
