/** The main thread's end of the line to a worker that sits in poll(): questions, answers, and waking it. */
import { writeSync } from 'node:fs'
import type { Worker } from 'node:worker_threads'
import type { PlaneEvent } from '../dataplane.ts'
import type { Call, FromWorker, Reply, Request } from './messages.ts'

export interface Listener {
  log(level: 'error' | 'verbose', text: string): void
  onEvent(event: PlaneEvent): void
}

/** The 64-bit number that an eventfd takes. */
const ONE = Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0)

export class Line {
  /** Resolves with the reason when the loop is over. */
  readonly ended: Promise<string>
  /** Resolves when the thread is no more. */
  readonly gone: Promise<void>
  readonly #worker: Worker
  readonly #wakeFd: number
  readonly #stop: Int32Array
  readonly #waiting = new Map<number, (reply: Reply | undefined) => void>()
  #listener: Listener | undefined
  #calls = 0
  #over = false
  #finish: (reason: string) => void = () => {}

  constructor(worker: Worker, wakeFd: number, stop: Int32Array) {
    this.#worker = worker
    this.#wakeFd = wakeFd
    this.#stop = stop
    this.ended = new Promise(resolve => {
      this.#finish = resolve
    })
    this.gone = new Promise(resolve => worker.once('exit', () => resolve()))
    worker.on('message', (message: FromWorker) => this.#hear(message))
    worker.once('error', error => this.#end(`the data plane failed: ${error instanceof Error ? error.message : error}`))
    worker.once('exit', () => this.#end('the data plane ended'))
    // A thread that sits in poll() would hold up the end of the process.
    process.on('exit', this.#onExit)
  }

  listen(listener: Listener): void {
    this.#listener = listener
  }

  /** The worker's answer; undefined when the loop is over. */
  ask(request: Request): Promise<Reply | undefined> {
    if (this.#over) return Promise.resolve(undefined)
    const id = this.#calls++
    const reply = new Promise<Reply | undefined>(resolve => this.#waiting.set(id, resolve))
    this.#post(id, request)
    this.#wake()
    return reply
  }

  readonly #onExit = () => {
    Atomics.store(this.#stop, 0, 1)
    this.#wake()
  }

  #hear(message: FromWorker): void {
    switch (message.kind) {
      case 'reply':
        this.#waiting.get(message.id)?.(message.reply)
        this.#waiting.delete(message.id)
        return
      case 'events':
        for (const event of message.events) this.#listener?.onEvent(event)
        return
      case 'log':
        this.#listener?.log(message.level, message.text)
        return
      case 'ended':
        this.#end(message.reason)
        // From here on nothing is written to wakeFd: the worker may close it.
        this.#post(-1, { kind: 'close' })
        return
      case 'ready':
      case 'refused':
        return
    }
  }

  #end(reason: string): void {
    this.#over = true
    for (const done of this.#waiting.values()) done(undefined)
    this.#waiting.clear()
    process.off('exit', this.#onExit)
    this.#finish(reason)
  }

  #post(id: number, request: Request): void {
    this.#worker.postMessage({ id, request } satisfies Call)
  }

  #wake(): void {
    try {
      writeSync(this.#wakeFd, ONE)
    } catch {
      // It has been woken so often that it can not miss it.
    }
  }
}
