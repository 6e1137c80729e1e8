import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { PublicKey } from '../key.ts'
import { metricsText } from './metrics.ts'
import { parseMetricsAddress, serveMetrics } from './metricsserver.ts'
import type { TunnelStatus } from './status.ts'

const key = `${'A'.repeat(43)}=` as PublicKey
const status: TunnelStatus = {
  schema: 'wglab/tunnel@1',
  interface: 'wg0',
  pid: 1,
  plane: 'plain',
  lacks: [],
  public_key: key,
  listen_port: 51820,
  fwmark: 0,
  up: true,
  problem: null,
  under_load: false,
  peers: [
    {
      public_key: key,
      has_preshared_key: true,
      endpoint: '192.0.2.1:7',
      allowed_ips: ['10.0.0.0/24'],
      latest_handshake_ms: 10_000,
      rx_bytes: 1,
      tx_bytes: 2,
      persistent_keepalive_s: 0,
      staged: 3,
      drops: { replayed: 4 },
      recent_drops: [],
    },
  ],
  drops: { 'unknown-peer': 5 },
  recent_drops: [],
}

describe('metrics', () => {
  it('as Prometheus reads them', () => {
    const peer = `interface="wg0",public_key="${key}"`
    expect(metricsText(status, 12_500)).toBe(`# HELP wglab_interface_up Whether the interface is up.
# TYPE wglab_interface_up gauge
wglab_interface_up{interface="wg0"} 1
# HELP wglab_under_load Whether handshakes are answered with cookies.
# TYPE wglab_under_load gauge
wglab_under_load{interface="wg0"} 0
# HELP wglab_peers How many peers are configured.
# TYPE wglab_peers gauge
wglab_peers{interface="wg0"} 1
# HELP wglab_latest_handshake_age_seconds Time since the last completed handshake; absent when there was none.
# TYPE wglab_latest_handshake_age_seconds gauge
wglab_latest_handshake_age_seconds{${peer}} 2.5
# HELP wglab_received_bytes_total Authenticated UDP payload received.
# TYPE wglab_received_bytes_total counter
wglab_received_bytes_total{${peer}} 1
# HELP wglab_sent_bytes_total UDP payload sent.
# TYPE wglab_sent_bytes_total counter
wglab_sent_bytes_total{${peer}} 2
# HELP wglab_staged_packets Packets that wait for a session.
# TYPE wglab_staged_packets gauge
wglab_staged_packets{${peer}} 3
# HELP wglab_dropped_packets_total Packets dropped, by reason.
# TYPE wglab_dropped_packets_total counter
wglab_dropped_packets_total{interface="wg0",reason="unknown-peer"} 5
wglab_dropped_packets_total{${peer},reason="replayed"} 4
`)
  })

  it('without peers no family of theirs stands there', () => {
    const text = metricsText({ ...status, peers: [], drops: {} }, 0)
    expect(text.match(/^# TYPE (\S+)/gm)).toEqual(
      ['interface_up', 'under_load', 'peers'].map(name => `# TYPE wglab_${name}`),
    )
  })
})

describe('where they are served', () => {
  const GOOD: readonly (readonly [text: string, address: object])[] = [
    ['unix:/run/x', { kind: 'unix', path: '/run/x' }],
    ['127.0.0.1:9586', { kind: 'loopback', host: '127.0.0.1', port: 9586 }],
    ['127.9.9.9:1', { kind: 'loopback', host: '127.9.9.9', port: 1 }],
    ['[::1]:65535', { kind: 'loopback', host: '::1', port: 65535 }],
  ]
  for (const [text, address] of GOOD) it(text, () => expect(parseMetricsAddress(text)).toEqual(address))
  const BAD: readonly (readonly [text: string, because: RegExp])[] = [
    ['0.0.0.0:9586', /not on this machine alone/],
    ['[::]:9586', /not on this machine alone/],
    ['192.0.2.1:9586', /not on this machine alone/],
    ['9586', /no address/],
    ['localhost:9586', /no address/],
    ['127.0.0.1:0', /no address/],
    ['127.0.0.1:65536', /no address/],
    ['unix:here', /no address/],
    ['[127.0.0.1]:5', /no address/],
    ['', /no address/],
  ]
  for (const [text, because] of BAD)
    it(`not ${JSON.stringify(text)}`, () => expect(parseMetricsAddress(text)).toMatch(because))

  it('over HTTP on a UNIX socket that is for its owner alone', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'wglab-metrics-'))
    const path = join(folder, 'metrics')
    const server = await serveMetrics({
      where: `unix:${path}`,
      status: async () => status,
      log: () => {},
      now_ms: () => 0,
    })
    try {
      const fetched = (url: string, method = 'GET') =>
        new Promise<string>((resolve, reject) => {
          request({ socketPath: path, path: url, method }, answer => {
            let text = ''
            answer.on('data', piece => {
              text += piece
            })
            answer.on('end', () => resolve(`${answer.statusCode} ${text}`))
          })
            .on('error', reject)
            .end()
        })
      expect(await fetched('/metrics')).toBe(`200 ${metricsText(status, 0)}`)
      expect(await fetched('/else')).toBe('404 ')
      expect(await fetched('/metrics', 'POST')).toBe('405 ')
      expect(statSync(path).mode & 0o777).toBe(0o600)
    } finally {
      server.close()
      rmSync(folder, { recursive: true, force: true })
    }
  })
})
