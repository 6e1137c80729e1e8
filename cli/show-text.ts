/** The state of a tunnel as `wg show` words it, and below each peer why packets were lost. */
import type { DropLine, Drops, TunnelPeer, TunnelStatus } from '../impl/linux/status.ts'

export interface ShowOptions {
  /** Milliseconds since 1970. */
  readonly now_ms: number
  /** Every recent drop, not the last alone. */
  readonly drops: boolean
}

export function showText(status: TunnelStatus, options: ShowOptions): string {
  const lines = [`interface: ${status.interface}`]
  if (status.public_key !== null) lines.push(`  public key: ${status.public_key}`, '  private key: (hidden)')
  if (status.listen_port !== 0) lines.push(`  listening port: ${status.listen_port}`)
  if (status.fwmark !== 0) lines.push(`  fwmark: 0x${status.fwmark.toString(16)}`)
  lines.push(`  data plane: ${status.plane}${status.up ? '' : ', and the interface is down'}`)
  if (status.problem !== null) lines.push(`  problem: ${status.problem}`)
  if (status.under_load) lines.push('  under load: handshakes are answered with cookies')
  lines.push(...dropLines(status.drops, status.recent_drops, options))
  const peers = [...status.peers].sort((a, b) => (b.latest_handshake_ms ?? 0) - (a.latest_handshake_ms ?? 0))
  for (const peer of peers) lines.push('', ...peerLines(peer, options))
  return `${lines.join('\n')}\n`
}

function peerLines(peer: TunnelPeer, options: ShowOptions): string[] {
  const lines = [`peer: ${peer.public_key}`]
  if (peer.has_preshared_key) lines.push('  preshared key: (hidden)')
  if (peer.endpoint !== null) lines.push(`  endpoint: ${peer.endpoint}`)
  lines.push(`  allowed ips: ${peer.allowed_ips.length === 0 ? '(none)' : peer.allowed_ips.join(', ')}`)
  if (peer.latest_handshake_ms !== null) {
    lines.push(`  latest handshake: ${ago(options.now_ms - peer.latest_handshake_ms)}`)
  }
  if (peer.rx_bytes > 0 || peer.tx_bytes > 0) {
    lines.push(`  transfer: ${bytesText(peer.rx_bytes)} received, ${bytesText(peer.tx_bytes)} sent`)
  }
  if (peer.persistent_keepalive_s > 0) {
    lines.push(`  persistent keepalive: every ${durationText(peer.persistent_keepalive_s)}`)
  }
  if (peer.staged > 0) lines.push(`  waiting for a session: ${peer.staged} packets`)
  return [...lines, ...dropLines(peer.drops, peer.recent_drops, options)]
}

function dropLines(drops: Drops, recent: readonly DropLine[], options: ShowOptions): string[] {
  const counts = Object.entries(drops).sort((a, b) => b[1] - a[1])
  if (counts.length === 0) return []
  const shown = options.drops ? recent.toReversed() : recent.slice(-1)
  return [
    `  dropped: ${counts.map(([reason, count]) => `${count} ${reason}`).join(', ')}`,
    ...shown.map(drop => {
      const times = drop.count === 1 ? '' : `, ${drop.count} times`
      return `    ${ago(options.now_ms - drop.at_ms)}${times}: ${drop.text}`
    }),
  ]
}

function ago(ms: number): string {
  if (ms < -1000) return 'in the future: a clock was set back'
  return ms < 1000 ? 'now' : `${durationText(Math.floor(ms / 1000))} ago`
}

const UNITS = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
] as const

/** `1 hour, 5 seconds` */
export function durationText(seconds: number): string {
  const parts: string[] = []
  let rest = seconds
  for (const [name, length] of UNITS) {
    const count = Math.floor(rest / length)
    rest -= count * length
    if (count > 0) parts.push(`${count} ${name}${count === 1 ? '' : 's'}`)
  }
  return parts.length === 0 ? '0 seconds' : parts.join(', ')
}

/** `32.17 MiB` */
export function bytesText(bytes: number): string {
  const units = ['KiB', 'MiB', 'GiB', 'TiB'] as const
  if (bytes < 1024) return `${bytes} B`
  let value = bytes / 1024
  let place = 0
  while (value >= 1024 && place < units.length - 1) {
    value /= 1024
    place++
  }
  return `${value.toFixed(2)} ${units[place]}`
}
