/** START HERE. The daemon of one interface: data plane, control socket, events, monitor; and how all of it ends. */
import { watch } from 'node:fs'
import { dirname } from 'node:path'
import { serveControl } from './control.ts'
import type { DataPlane, PlaneEvent } from './dataplane.ts'
import { type EventsServer, serveEvents } from './events.ts'
import { History } from './history.ts'
import { eventText, type Log } from './log.ts'
import { serveMetrics } from './metricsserver.ts'
import { type Monitor, watchInterface } from './monitor.ts'
import { controlPath, eventsPath, nameProblem } from './names.ts'
import { openDataPlane } from './openplane.ts'
import { type SocketFile, SocketInUse } from './socketfile.ts'
import { StartError } from './starterror.ts'
import { type Facts, portProblem, type TunnelStatus, tunnelStatus } from './status.ts'
import { isErrno } from './systemerror.ts'

export interface DaemonOptions {
  readonly iface: string
  /** The plain data plane even where the native one would load. */
  readonly plain: boolean
  readonly log: Log
  /** Whether each event goes to the log: they are many. */
  readonly logsEvents: boolean
  /** Where to serve Prometheus: `unix:/path` or `127.0.0.1:9586`. */
  readonly metrics?: string | undefined
  /** Default /var/run/wireguard. */
  readonly folder?: string
}

export interface Daemon {
  readonly plane: DataPlane
  /** Why it ended, in words; everything is removed by then. */
  readonly ended: Promise<string>
  stop(reason: string): Promise<void>
  status(): Promise<TunnelStatus>
}

/** How often to look whether the control socket is still there, beside the folder's own notice. */
const LOOK_MS = 1000

/** Resolves when the control socket listens. Rejects with a StartError, and then has left nothing behind. */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const problem = nameProblem(options.iface.replace('%d', '0'))
  if (problem !== undefined) throw new StartError('usage', problem)
  const history = new History()
  let events: EventsServer | undefined
  let monitor: Monitor | undefined
  let trouble: string | null = null
  const onEvent = (event: PlaneEvent): void => {
    if (event.kind === 'link') {
      trouble = portProblem(event.port, event.errno)
      if (trouble !== null) options.log('error', trouble)
    }
    history.take(event, Date.now())
    events?.publish(event)
    if (event.kind === 'drop' && event.reason === 'device-down') monitor?.packetWhileDown()
    const text = options.logsEvents ? eventText(event) : undefined
    if (text !== undefined) options.log('verbose', text)
  }
  const plane = await openPlane(options, onEvent)
  const undo: (() => void)[] = []
  try {
    const status = async (): Promise<TunnelStatus> => {
      const [status, heap] = await Promise.all([plane.status(), plane.heapBytes()])
      return tunnelStatus(facts(plane, heap), status, history, trouble)
    }
    const control = await serveControl({ path: controlPath(plane.iface, options.folder), plane, log: options.log })
    undo.push(() => control.close())
    events = await serveEvents({
      path: eventsPath(plane.iface, options.folder),
      status,
      log: options.log,
      now_ms: () => Date.now(),
    })
    const { file } = events
    undo.push(() => file.close())
    if (options.metrics !== undefined) {
      const metrics = await serveMetrics({ where: options.metrics, status, log: options.log, now_ms: () => Date.now() })
      undo.push(() => metrics.close())
    }
    const watching = watchInterface({ plane, log: options.log })
    monitor = watching
    undo.push(() => watching.close())
    return running(options, plane, control, undo, status)
  } catch (error) {
    for (const action of undo.reverse()) action()
    await plane.close()
    if (error instanceof SocketInUse) throw new StartError('taken', error.message)
    throw error
  }
}

function running(
  options: DaemonOptions,
  plane: DataPlane,
  control: SocketFile,
  undo: (() => void)[],
  status: () => Promise<TunnelStatus>,
): Daemon {
  let stopped: Promise<void> | undefined
  let tell: (reason: string) => void = () => {}
  const ended = new Promise<string>(resolve => {
    tell = resolve
  })
  const stop = (reason: string): Promise<void> => {
    stopped ??= (async () => {
      options.log('verbose', `shutting down: ${reason}`)
      for (const action of undo.reverse()) action()
      await plane.close()
      tell(reason)
    })()
    return stopped
  }
  undo.push(onceGone(control, () => void stop(`${control.path} was removed`)))
  void plane.ended.then(reason => stop(reason))
  options.log('verbose', `${plane.iface} is there, with the ${plane.kind} data plane; listening at ${control.path}`)
  return { plane, ended, stop, status }
}

/** Calls back when the socket's file goes away; returns what ends the watch. */
function onceGone(socket: SocketFile, onGone: () => void): () => void {
  const look = (): void => {
    if (!socket.isThere()) onGone()
  }
  const watcher = watch(dirname(socket.path), look)
  watcher.on('error', look)
  const timer = setInterval(look, LOOK_MS)
  return () => {
    watcher.close()
    clearInterval(timer)
  }
}

function facts(plane: DataPlane, planesHeap: number): Facts {
  const { rss, heapUsed } = process.memoryUsage()
  const memory = { rss_bytes: rss, heap_bytes: heapUsed + planesHeap }
  return { iface: plane.iface, pid: process.pid, plane: plane.kind, lacks: plane.lacks, memory }
}

async function openPlane(options: DaemonOptions, onEvent: (event: PlaneEvent) => void): Promise<DataPlane> {
  const { iface, plain, log } = options
  try {
    return await openDataPlane({ iface, plain, log, onEvent })
  } catch (error) {
    if (isErrno(error, 'EPERM', 'EACCES')) {
      throw new StartError(
        'missing',
        `making the interface ${iface} needs CAP_NET_ADMIN and /dev/net/tun: run it as root, for example with sudo`,
      )
    }
    if (isErrno(error, 'ENOENT', 'ENODEV', 'ENXIO')) {
      throw new StartError(
        'missing',
        'there is no /dev/net/tun: load the module (modprobe tun), or give the container the device (--device /dev/net/tun)',
      )
    }
    if (isErrno(error, 'EBUSY', 'EEXIST')) {
      throw new StartError('taken', `the name ${iface} is taken: another program serves that interface; choose another`)
    }
    if (isErrno(error, 'EINVAL')) {
      throw new StartError(
        'taken',
        `the name ${iface} is taken by an interface that is no TUN; choose another, or delete it (ip link delete ${iface})`,
      )
    }
    throw error
  }
}
