/** Serves the metrics over HTTP, on a UNIX socket or on a loopback address alone. */
import { createServer, type Server } from 'node:http'
import { isIP, type Server as NetServer, type Socket } from 'node:net'
import { metricsText } from './metrics.ts'
import { listenAt, SocketInUse } from './socketfile.ts'
import type { TunnelStatus } from './status.ts'

export type MetricsAddress =
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'loopback'; readonly host: string; readonly port: number }

export interface MetricsOptions {
  readonly where: string
  readonly status: () => Promise<TunnelStatus>
  readonly log: (level: 'error' | 'verbose', text: string) => void
  readonly now_ms: () => number
}

/** `unix:/run/wg0.metrics`, `127.0.0.1:9586` or `[::1]:9586`; a text that says what to write where it is neither. */
export function parseMetricsAddress(text: string): MetricsAddress | string {
  if (text.startsWith('unix:/')) return { kind: 'unix', path: text.slice('unix:'.length) }
  const match = /^(?:\[([0-9a-fA-F:]+)\]|([0-9.]+)):([0-9]{1,5})$/.exec(text)
  const host = match?.[1] ?? match?.[2] ?? ''
  const port = Number(match?.[3])
  const form = 'write unix:/path, 127.0.0.1:PORT or [::1]:PORT'
  if (isIP(host) === 0 || port < 1 || port > 65535) return `--metrics ${text} is no address; ${form}`
  const loopback = host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
  if (!loopback) return `--metrics ${text} is not on this machine alone, and metrics know no password; ${form}`
  return { kind: 'loopback', host, port }
}

/** Throws an Error that says what to write; rejects with SocketInUse when the address is taken. */
export async function serveMetrics(options: MetricsOptions): Promise<{ close(): void }> {
  const address = parseMetricsAddress(options.where)
  if (typeof address === 'string') throw new Error(address)
  const server = createServer((request, response) => {
    const known = request.url === '/metrics' || request.url === '/'
    if (!known || request.method !== 'GET') {
      response.writeHead(known ? 405 : 404).end()
      return
    }
    options.status().then(
      status => {
        response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' })
        response.end(metricsText(status, options.now_ms()))
      },
      error => {
        options.log('error', `metrics: ${error instanceof Error ? error.message : error}`)
        response.writeHead(500).end()
      },
    )
  })
  if (address.kind === 'unix') {
    return listenAt({
      path: address.path,
      mostClients: 16,
      onClient: client => void (server as Server & NetServer).emit('connection', client),
      onError: text => options.log('error', text),
    })
  }
  return listenOnLoopback(server, address.host, address.port)
}

function listenOnLoopback(server: Server, host: string, port: number): Promise<{ close(): void }> {
  const clients = new Set<Socket>()
  server.on('connection', client => {
    clients.add(client)
    client.on('close', () => clients.delete(client))
  })
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(error.code === 'EADDRINUSE' ? new SocketInUse(`${host}:${port} is taken by another program`) : error)
    })
    server.listen(port, host, () =>
      resolve({
        close() {
          server.close()
          for (const client of clients) client.destroy()
        },
      }),
    )
  })
}
