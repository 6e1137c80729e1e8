/** The thread of a native data plane: opens the interface, says so, and pumps until it is told to stop. */
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import { nodeCrypto } from '../../crypto/node/provider.ts'
import { SecretBook } from '../secretbook.ts'
import { UapiLines } from '../uapilines.ts'
import { Gathered } from './gathered.ts'
import { allocate, type Libc, loadLibc, must, NativeError } from './libc.ts'
import { loadLibcrypto } from './libcrypto.ts'
import { type Call, deviceChange, type FromWorker, type Opening, type Reply, type Request } from './messages.ts'
import { Pump, REFUSED } from './pump.ts'
import { openTun } from './tun.ts'

const EFD_NONBLOCK_CLOEXEC = 0o4000 | 0o2000000

const port = parentPort!

const say = (message: FromWorker) => port.postMessage(message)

function main(opening: Opening): void {
  const libc = loadLibc()
  const wakeFd = must(libc, 'eventfd', libc.eventfd(0, EFD_NONBLOCK_CLOEXEC))
  const tun = openTun(libc, opening.iface, opening.mtu)
  const stop = new Int32Array(opening.stop)
  const book = new SecretBook()
  const gathered = new Gathered(events => say({ kind: 'events', events }))
  const wake = allocate(8)
  const fast = loadLibcrypto()
  const crypto = 'missing' in fast ? nodeCrypto : fast
  const pump: Pump = new Pump({
    libc,
    tun,
    wakeFd,
    mtu: opening.mtu,
    crypto,
    log: (level, text) => say({ kind: 'log', level, text }),
    onEvent: opening.events ? event => gathered.add(event) : undefined,
    onWake: () => {
      libc.read(wakeFd, wake.address, 8)
      if (Atomics.load(stop, 0) !== 0) pump.end('closed')
      for (let next = receiveMessageOnPort(port); next !== undefined; next = receiveMessageOnPort(port)) {
        const { id, request } = next.message as Call
        // What is told of the drops agrees with what is counted.
        if (request.kind === 'status') gathered.send(true)
        say({ kind: 'reply', id, reply: answer(pump, book, lines, request) })
      }
    },
    onRound: () => gathered.send(false),
  })
  const lines = new UapiLines(pump.device, book)
  say({
    kind: 'ready',
    iface: tun.iface,
    wakeFd,
    lacks: [...lacksOf(tun.offloads), ...('missing' in fast ? [`slower cryptography: ${fast.missing}`] : [])],
  })
  const reason = runToTheEnd(pump)
  libc.close(tun.fd)
  gathered.send(true)
  say({ kind: 'ended', reason })
  closeLater(libc, wakeFd)
}

function answer(pump: Pump, book: SecretBook, lines: UapiLines, request: Request): Reply {
  switch (request.kind) {
    case 'configure': {
      const change = deviceChange(request.change)
      try {
        const errno = pump.apply({ kind: 'configure', change })
        book.apply(change, peer => pump.device.peer(peer)?.hasPresharedKey === true)
        return { kind: 'done', errno }
      } catch {
        return { kind: 'done', errno: REFUSED }
      }
    }
    case 'up':
      return { kind: 'done', errno: pump.setLink(request.up) }
    case 'mtu':
      return { kind: 'done', errno: pump.apply({ kind: 'mtu', mtu: request.mtu }) }
    case 'forget-sources':
      return { kind: 'done', errno: pump.apply({ kind: 'forget-source' }) }
    case 'status':
      return { kind: 'status', status: pump.status() }
    case 'heap':
      return { kind: 'heap', bytes: process.memoryUsage().heapUsed }
    case 'uapi':
      return { kind: 'uapi', piece: lines.piece(request.from) }
    case 'close':
      pump.end('closed')
      return { kind: 'done', errno: 0 }
  }
}

function runToTheEnd(pump: Pump): string {
  try {
    return pump.run()
  } catch (error) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
    say({ kind: 'log', level: 'error', text })
    return `a bug: ${error instanceof Error ? error.message : text}`
  }
}

function lacksOf(offloads: { readonly tcp: boolean; readonly udp: boolean }): string[] {
  if (!offloads.tcp) return ['the kernel takes no TUN offloads: every packet goes alone']
  return offloads.udp ? [] : ['the kernel does not segment UDP on a TUN (Linux 6.2 does)']
}

/** The main thread may still write to the descriptor: it says when it will not. */
function closeLater(libc: Libc, wakeFd: number): void {
  port.on('message', ({ id }: Call) => {
    if (id >= 0) return
    libc.close(wakeFd)
    port.close()
  })
}

try {
  main(workerData as Opening)
} catch (error) {
  const errno = error instanceof NativeError ? error.errno : undefined
  say({ kind: 'refused', text: error instanceof Error ? error.message : String(error), errno })
}
