/** A UNIX socket that is a file: claimed, guarded, given back. */
import { mkdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { dirname } from 'node:path'

/** Somebody answers at the socket. */
export class SocketInUse extends Error {}

export interface SocketFile {
  readonly path: string
  /** Whether the file is still ours. */
  isThere(): boolean
  /** Stops listening, hangs up on everybody, and removes the file if it is still ours. */
  close(): void
}

export interface SocketFileOptions {
  readonly path: string
  /** More at a time are hung up on. */
  readonly mostClients: number
  readonly onClient: (client: Socket) => void
  readonly onError: (text: string) => void
}

/**
 * Listens at the path, for this user alone. A socket that nobody listens at is replaced; one that answers is refused
 * with SocketInUse. The folder is made.
 */
export async function listenAt(options: SocketFileOptions): Promise<SocketFile> {
  const { path } = options
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 })
  if (await answers(path)) throw new SocketInUse(`${path} is in use: another program serves this interface`)
  const clients = new Set<Socket>()
  // Half open: a client may have said all it wants and still read.
  const server = createServer({ allowHalfOpen: true }, client => {
    if (clients.size >= options.mostClients) {
      client.destroy()
      return
    }
    clients.add(client)
    client.on('close', () => clients.delete(client))
    client.on('error', () => client.destroy())
    options.onClient(client)
  })
  server.on('error', error => options.onError(`${path}: ${error.message}`))
  // Under a passing name first: the real one appears at once, complete, and replaces what was stale.
  const passing = `${path}.${process.pid}`
  rmSync(passing, { force: true })
  await listenPrivately(server, passing)
  renameSync(passing, path)
  const inode = statSync(path).ino
  const isThere = (): boolean => statSync(path, { throwIfNoEntry: false })?.ino === inode
  return {
    path,
    isThere,
    close() {
      server.close()
      for (const client of clients) client.destroy()
      if (isThere()) rmSync(path, { force: true })
    },
  }
}

/** The file is made with mode 0600, at once. */
function listenPrivately(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    const before = process.umask(0o177)
    try {
      server.listen(path, () => {
        server.removeListener('error', reject)
        resolve()
      })
    } finally {
      process.umask(before)
    }
  })
}

/** Whether somebody listens there. */
export function answers(path: string): Promise<boolean> {
  return new Promise(resolve => {
    const client = connect(path)
    const say = (answer: boolean) => () => {
      client.destroy()
      resolve(answer)
    }
    client.once('connect', say(true))
    client.once('error', say(false))
  })
}
