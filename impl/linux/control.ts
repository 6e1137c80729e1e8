/** The control socket: many clients, each a UapiSession, on one data plane. */
import type { Socket } from 'node:net'
import { UapiSession } from '../config/uapi.ts'
import type { DataPlane } from './dataplane.ts'
import { Lock } from './lock.ts'
import { listenAt, type SocketFile } from './socketfile.ts'
import { scopeOf } from './zones.ts'

export interface ControlOptions {
  readonly path: string
  readonly plane: Pick<DataPlane, 'configure' | 'uapi'>
  readonly log: (level: 'error' | 'verbose', text: string) => void
  /** How long a client that is within a request may say nothing. Default 30,000. */
  readonly patience_ms?: number
}

const MOST_CLIENTS = 128

/** Serves the cross-platform protocol at the path. Rejects with SocketInUse when somebody else does. */
export function serveControl(options: ControlOptions): Promise<SocketFile> {
  const lock = new Lock()
  return listenAt({
    path: options.path,
    mostClients: MOST_CLIENTS,
    onClient: client => new ControlClient(client, options, lock),
    onError: text => options.log('error', text),
  })
}

/** One connection. What it asks is done in order; while it is within a `set`, nobody else gets or sets. */
class ControlClient {
  readonly #client: Socket
  readonly #options: ControlOptions
  readonly #lock: Lock
  readonly #session = new UapiSession(scopeOf)
  #release: (() => void) | undefined
  #busy = false
  #ended = false

  constructor(client: Socket, options: ControlOptions, lock: Lock) {
    this.#client = client
    this.#options = options
    this.#lock = lock
    client.setEncoding('latin1')
    client.on('data', text => {
      this.#session.feed(String(text))
      void this.#work()
    })
    client.on('end', () => {
      this.#ended = true
      void this.#work()
    })
    client.on('drain', () => void this.#work())
    // What a client that hangs up has set stays set.
    client.on('close', () => this.#free())
    client.on('timeout', () => {
      options.log('verbose', 'a client of the control socket said nothing in the middle of a request')
      client.destroy()
    })
  }

  async #work(): Promise<void> {
    if (this.#busy) return
    this.#busy = true
    // Nothing more is read meanwhile, so that a client can not fill the memory.
    this.#client.pause()
    try {
      await this.#steps()
    } catch (error) {
      this.#options.log('error', `control socket: ${error instanceof Error ? error.message : error}`)
      this.#client.destroy()
    } finally {
      this.#busy = false
    }
    if (this.#client.destroyed) return this.#free()
    this.#client.setTimeout(this.#release === undefined ? 0 : (this.#options.patience_ms ?? 30_000))
    if (this.#client.writableNeedDrain) return
    if (this.#ended) this.#client.end()
    else this.#client.resume()
    if (this.#ended) this.#free()
  }

  async #steps(): Promise<void> {
    const { plane } = this.#options
    while (!this.#client.destroyed && !this.#client.writableNeedDrain) {
      const step = this.#session.poll()
      if (step === undefined) return
      switch (step.kind) {
        case 'get': {
          const release = await this.#lock.take()
          try {
            this.#session.answerGet(await plane.uapi())
          } finally {
            release()
          }
          break
        }
        case 'apply':
          this.#release ??= await this.#lock.take()
          this.#session.applied(Math.abs(await plane.configure(step.change)))
          break
        case 'write':
          this.#free()
          this.#client.write(step.text, 'latin1')
          break
        case 'close':
          this.#free()
          this.#client.destroySoon()
          return
      }
    }
  }

  #free(): void {
    this.#release?.()
    this.#release = undefined
  }
}
