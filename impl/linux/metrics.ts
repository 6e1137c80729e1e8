/** The text that Prometheus reads (exposition format 0.0.4). Public keys are its only keys. */
import type { Drops, TunnelStatus } from './status.ts'

/** `now_ms`: milliseconds since 1970. */
export function metricsText(status: TunnelStatus, now_ms: number): string {
  const iface = { interface: status.interface }
  const lines: string[] = []
  const family = (name: string, type: 'gauge' | 'counter', help: string, samples: readonly Sample[]): void => {
    if (samples.length === 0) return
    lines.push(`# HELP wglab_${name} ${help}`, `# TYPE wglab_${name} ${type}`)
    for (const { labels, value } of samples) lines.push(`wglab_${name}${labelText(labels)} ${value}`)
  }
  const ofPeers = (value: (peer: TunnelStatus['peers'][number]) => number | undefined): Sample[] =>
    status.peers.flatMap(peer => {
      const found = value(peer)
      return found === undefined ? [] : [{ labels: { ...iface, public_key: peer.public_key }, value: found }]
    })
  family('interface_up', 'gauge', 'Whether the interface is up.', [{ labels: iface, value: Number(status.up) }])
  family('under_load', 'gauge', 'Whether handshakes are answered with cookies.', [
    { labels: iface, value: Number(status.under_load) },
  ])
  family('peers', 'gauge', 'How many peers are configured.', [{ labels: iface, value: status.peers.length }])
  if (status.memory !== undefined) {
    const { rss_bytes, heap_bytes } = status.memory
    family('resident_memory_bytes', 'gauge', 'Resident memory of the daemon.', [{ labels: iface, value: rss_bytes }])
    family('heap_bytes', 'gauge', 'What its heaps hold, garbage included.', [{ labels: iface, value: heap_bytes }])
  }
  family(
    'latest_handshake_age_seconds',
    'gauge',
    'Time since the last completed handshake; absent when there was none.',
    ofPeers(peer =>
      peer.latest_handshake_ms === null ? undefined : Math.max(0, now_ms - peer.latest_handshake_ms) / 1000,
    ),
  )
  family(
    'received_bytes_total',
    'counter',
    'Authenticated UDP payload received.',
    ofPeers(peer => peer.rx_bytes),
  )
  family(
    'sent_bytes_total',
    'counter',
    'UDP payload sent.',
    ofPeers(peer => peer.tx_bytes),
  )
  family(
    'staged_packets',
    'gauge',
    'Packets that wait for a session.',
    ofPeers(peer => peer.staged),
  )
  family('dropped_packets_total', 'counter', 'Packets dropped, by reason.', [
    ...dropSamples(iface, status.drops),
    ...status.peers.flatMap(peer => dropSamples({ ...iface, public_key: peer.public_key }, peer.drops)),
  ])
  return `${lines.join('\n')}\n`
}

interface Sample {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

function dropSamples(labels: Readonly<Record<string, string>>, drops: Drops): Sample[] {
  return Object.entries(drops).map(([reason, value]) => ({ labels: { ...labels, reason }, value }))
}

function labelText(labels: Readonly<Record<string, string>>): string {
  const escaped = (text: string): string => text.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n')
  return `{${Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`)}}`
}
