/** A data plane in a worker thread, with the kernel's batches and offloads: what the daemon holds of it. */
import { Worker } from 'node:worker_threads'
import { DEFAULT_MTU } from '../../constants.ts'
import type { DataPlane, DataPlaneOptions, OpenDataPlane } from '../dataplane.ts'
import { EIO } from './errno.ts'
import { loadLibc } from './libc.ts'
import { Line } from './line.ts'
import { type FromWorker, type Opening, plainChange, type Reply, type Request } from './messages.ts'

type Ready = Extract<FromWorker, { kind: 'ready' }>

/** Rejects with what is missing or refused, in words, and with an `errno` where the system refused: no right, a name that is taken. */
export const openNativeDataPlane: OpenDataPlane = async options => {
  loadLibc()
  const opening: Opening = {
    iface: options.iface,
    mtu: options.mtu ?? DEFAULT_MTU,
    events: options.onEvent !== undefined,
    stop: new SharedArrayBuffer(4),
  }
  const file = import.meta.url.endsWith('.ts') ? './worker.source.js' : './worker.js'
  const worker = new Worker(new URL(file, import.meta.url), { workerData: opening, name: options.iface })
  const ready = await readied(worker)
  const line = new Line(worker, ready.wakeFd, new Int32Array(opening.stop))
  return planeOf(line, ready, options)
}

function readied(worker: Worker): Promise<Ready> {
  return new Promise((resolve, reject) => {
    worker.once('error', reject)
    worker.once('message', (message: FromWorker) => {
      worker.off('error', reject)
      if (message.kind === 'ready') {
        resolve(message)
        return
      }
      void worker.terminate()
      if (message.kind !== 'refused') reject(new Error('the data plane did not start'))
      else reject(Object.assign(new Error(message.text), message.errno === undefined ? {} : { errno: message.errno }))
    })
  })
}

function planeOf(line: Line, { iface, lacks }: Ready, { onEvent, log }: DataPlaneOptions): DataPlane {
  line.listen({ log, onEvent: event => onEvent?.(event) })
  const errnoOf = async (request: Request) => {
    const reply = await line.ask(request)
    return reply?.kind === 'done' ? reply.errno : -EIO
  }
  const closed = () => new Error(`${iface}: the data plane is closed`)
  return {
    kind: 'native',
    iface,
    lacks,
    ended: line.ended,
    configure: change => errnoOf({ kind: 'configure', change: plainChange(change) }),
    async uapi() {
      let text = ''
      for (let from: number | undefined = 0; from !== undefined; ) {
        const reply: Reply | undefined = await line.ask({ kind: 'uapi', from })
        if (reply?.kind !== 'uapi') throw closed()
        text += reply.piece.text
        from = reply.piece.next
      }
      return text
    },
    async status() {
      const reply = await line.ask({ kind: 'status' })
      if (reply?.kind !== 'status') throw closed()
      return reply.status
    },
    async heapBytes() {
      const reply = await line.ask({ kind: 'heap' })
      if (reply?.kind !== 'heap') throw closed()
      return reply.bytes
    },
    setUp: up => errnoOf({ kind: 'up', up }),
    async setMtu(mtu) {
      await line.ask({ kind: 'mtu', mtu })
    },
    forgetSources() {
      void line.ask({ kind: 'forget-sources' })
    },
    async close() {
      await line.ask({ kind: 'close' })
      await line.gone
    },
  }
}
