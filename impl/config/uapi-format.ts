/** Writes the cross-platform text protocol: a device's answer to `get`, and a client's `set`. Both hold secret keys. */
import type { DeviceChange, DeviceStatus, PeerChange, PeerStatus } from '../api.ts'
import { formatEndpoint, formatPrefix } from '../ip/address.ts'
import type { Key, PublicKey } from '../key.ts'
import { keyFromBase64, toHex } from './base64.ts'

const NO_KEY = '0'.repeat(64)

/** Everything a `get` shows. */
export interface UapiSnapshot {
  readonly status: DeviceStatus
  readonly privateKey: Key | undefined
  presharedKey(peer: PublicKey): Key | undefined
}

/** The lines of a `get` before `errno=`, in wireguard-go's order. The private key is shown clamped. */
export function formatUapiGet(snapshot: UapiSnapshot): string {
  const { status, privateKey } = snapshot
  let text = formatUapiDevice(status, privateKey)
  for (const peer of status.peers) text += formatUapiPeer(peer, snapshot.presharedKey(peer.publicKey))
  return text
}

/** The lines before those of the peers. */
export function formatUapiDevice(
  status: Pick<DeviceStatus, 'listenPort' | 'fwmark'>,
  privateKey: Key | undefined,
): string {
  const lines: string[] = []
  if (privateKey !== undefined) lines.push(`private_key=${toHex(clamped(privateKey))}`)
  if (status.listenPort !== 0) lines.push(`listen_port=${status.listenPort}`)
  if (status.fwmark !== 0) lines.push(`fwmark=${status.fwmark}`)
  return joined(lines)
}

/** The lines of one peer. */
export function formatUapiPeer(peer: PeerStatus, presharedKey: Key | undefined): string {
  const { sec, nsec } = peer.latestHandshake ?? { sec: 0, nsec: 0 }
  let text = `public_key=${publicHex(peer.publicKey)}\npreshared_key=${hexOf(presharedKey ?? null)}\nprotocol_version=1\n`
  if (peer.endpoint !== undefined) text += `endpoint=${formatEndpoint(peer.endpoint)}\n`
  text += `last_handshake_time_sec=${sec}\nlast_handshake_time_nsec=${nsec}\n`
  text += `tx_bytes=${peer.txBytes}\nrx_bytes=${peer.rxBytes}\n`
  text += `persistent_keepalive_interval=${peer.persistentKeepalive_s}\n`
  for (const prefix of peer.allowedIps) text += `allowed_ip=${formatPrefix(prefix)}\n`
  return text
}

/** A whole request that makes this change: `set=1`, lines, an empty line. */
export function formatUapiSet(change: DeviceChange): string {
  const lines = ['set=1']
  if (change.privateKey !== undefined) lines.push(`private_key=${hexOf(change.privateKey)}`)
  if (change.listenPort !== undefined) lines.push(`listen_port=${change.listenPort}`)
  if (change.fwmark !== undefined) lines.push(`fwmark=${change.fwmark}`)
  if (change.replacePeers) lines.push('replace_peers=true')
  for (const peer of change.peers ?? []) lines.push(...setPeer(peer))
  return `${joined(lines)}\n`
}

function setPeer(peer: PeerChange): string[] {
  const lines = [`public_key=${publicHex(peer.publicKey)}`]
  if (peer.remove) lines.push('remove=true')
  if (peer.updateOnly) lines.push('update_only=true')
  if (peer.presharedKey !== undefined) lines.push(`preshared_key=${hexOf(peer.presharedKey)}`)
  if (peer.endpoint !== undefined) lines.push(`endpoint=${formatEndpoint(peer.endpoint)}`)
  if (peer.persistentKeepalive_s !== undefined) {
    lines.push(`persistent_keepalive_interval=${peer.persistentKeepalive_s}`)
  }
  if (peer.replaceAllowedIps) lines.push('replace_allowed_ips=true')
  for (const ip of peer.allowedIps ?? []) lines.push(`allowed_ip=${ip.remove ? '-' : ''}${formatPrefix(ip)}`)
  return lines
}

function hexOf(key: Key | null): string {
  return key === null ? NO_KEY : toHex(key.reveal())
}

function publicHex(key: PublicKey): string {
  const bytes = keyFromBase64(key)
  if (bytes === undefined) throw new RangeError('a public key is base64 of 32 bytes')
  return toHex(bytes)
}

/** As Curve25519 uses it (RFC 7748 §5). */
function clamped(key: Key): Uint8Array {
  const bytes = Uint8Array.from(key.reveal())
  bytes[0] = bytes[0]! & 248
  bytes[31] = (bytes[31]! & 127) | 64
  return bytes
}

function joined(lines: readonly string[]): string {
  return lines.map(line => `${line}\n`).join('')
}
