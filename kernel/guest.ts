/**
 * START HERE. One guest: a Linux kernel as an ordinary process whose clock we own. It stands still except within `run`.
 * The rules of the conversation: protocol.ts. Times are nanoseconds of the guest's own clock, which is 0 when it starts.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { access, constants, mkdir, rm, symlink } from 'node:fs/promises'
import { createServer, type Server, type Socket } from 'node:net'
import { resolve as absolute, join } from 'node:path'
import { fixedAddresses } from './addresses.ts'
import { Console } from './console.ts'
import {
  FOREVER,
  type LabRecord,
  type Message,
  MessageReader,
  OP,
  type Op,
  RECORD,
  RecordReader,
  writeMessage,
  writeRecord,
} from './protocol.ts'

export interface GuestOptions {
  readonly name: string
  /** The kernel's binary, and the folder that is its root. */
  readonly kernel: string
  readonly root: string
  /** Its own folder, made and removed: two sockets. A short path: a socket's name has at most 107 bytes. */
  readonly folder: string
  /** Ethernet interfaces eth0 …; one more, ctl0, is for the agent. At most 64. */
  readonly ports: number
  /** All its randomness. */
  readonly seed: string
  readonly memory_mb?: number
  /** The time of day when its clock is 0, nanoseconds since 1970. */
  readonly epoch_ns: bigint
  /** The kernel does without its own WireGuard: a program takes its place. */
  readonly without?: 'wireguard'
  /** Ephemeral keys of the kernel's WireGuard are told to `secret`. */
  readonly secret?: (ephemeral: Uint8Array) => void
}

/** What a guest sends. Returns until when (exclusive, guest's ns) it may run on by itself. */
export type OnFrame = (time: number, port: number, frame: Uint8Array) => number

/** A guest that is no more, with what it said last. */
export class GuestDown extends Error {
  constructor(name: string, why: string, said: string) {
    super(`the guest ${name} is down: ${why}${said === '' ? '' : `\n${said}`}`)
    this.name = 'GuestDown'
  }
}

const DEFAULT_MEMORY_MB = 160

export class Guest {
  readonly options: GuestOptions
  readonly said: Console
  /** Wall-clock seconds without a word while it runs, until it is given up. */
  patience_s = 120
  readonly #child: ChildProcess
  readonly #servers: readonly Server[]
  readonly #messages = new MessageReader()
  #clock: Socket | undefined
  #in: Socket | undefined
  #out: Socket | undefined
  #now = 0n
  #wants = FOREVER
  #number = 0
  #down: GuestDown | undefined
  #stopping = false
  /** Who waits for what; each is called once, and all when the guest goes down. */
  #onAck: (() => void) | undefined
  #onWait: (() => void) | undefined
  #taken: { count: number; readonly refused: number[]; readonly wanted: number; done: () => void } | undefined
  #onFrame: OnFrame = () => 0
  #freeUntil = 0n
  #watchdog: NodeJS.Timeout | undefined
  readonly #ended: Promise<void>

  /** Starts it and returns when it stands still for the first time, at about 0. Rejects with GuestDown. */
  static async start(options: GuestOptions): Promise<Guest> {
    const before = await fixedAddresses()
    await access(options.kernel, constants.X_OK).catch((error: Error) => {
      throw new GuestDown(options.name, `can not be started: ${error.message}`, '')
    })
    await mkdir(options.folder, { recursive: true, mode: 0o700 })
    await symlink(absolute(options.root), join(options.folder, ROOT_NAME))
    let clock: (socket: Socket) => void = () => {}
    let network: (socket: Socket) => void = () => {}
    const servers = await Promise.all([
      listening(join(options.folder, 'clock'), socket => clock(socket)),
      listening(join(options.folder, 'net'), socket => network(socket)),
    ])
    const guest = new Guest(options, before, servers)
    clock = socket => guest.#connectClock(socket)
    network = socket => guest.#connectNetwork(socket)
    try {
      await guest.#resting()
    } catch (error) {
      await guest.stop()
      throw error
    }
    return guest
  }

  /** `before`: what goes before the command that starts it. */
  private constructor(options: GuestOptions, before: readonly string[], servers: readonly Server[]) {
    this.options = options
    this.#servers = servers
    this.said = new Console(options.secret)
    const { kernel, folder } = options
    const [program = kernel, ...words] = [...before, kernel, ...argumentsOf(options)]
    this.#child = spawn(program, words, {
      cwd: folder,
      // A group of its own: the kernel has a process for each of its programs.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: '/usr/bin:/bin', TMPDIR: '/dev/shm', HOME: folder },
    })
    this.#child.stdout?.on('data', (bytes: Buffer) => this.said.add(bytes))
    this.#child.stderr?.on('data', (bytes: Buffer) => this.said.add(bytes))
    this.#ended = new Promise(resolve => {
      this.#child.once('error', error => {
        this.#goDown(`can not be started: ${error.message}`)
        resolve()
      })
      this.#child.once('exit', (status, signal) => {
        this.#goDown(signal === null ? `it ended with status ${status}` : `it ended by ${signal}`)
        resolve()
      })
    })
  }

  /** When it wants to run next; Infinity when nothing is due. At most 2^53. */
  get wants(): number {
    return this.#wants >= FOREVER ? Number.POSITIVE_INFINITY : Number(this.#wants)
  }

  /** Why it is no more. */
  get down(): GuestDown | undefined {
    return this.#down
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  /**
   * Frames come in at `time`, which is not before anything it was told or has done; it has not run then, but wants to.
   * Returns the places of those that found no room. Rejects with GuestDown.
   */
  async inject(
    time: number,
    frames: readonly { readonly port: number; readonly frame: Uint8Array }[],
  ): Promise<number[]> {
    if (frames.length === 0) return []
    this.#moveTo(BigInt(time))
    const refused: number[] = []
    await this.#until(done => {
      this.#taken = { count: 0, refused, wanted: frames.length, done }
      for (const { port, frame } of frames) {
        this.#in?.write(writeRecord({ kind: RECORD.FRAME, port, number: 0, body: frame }))
      }
    })
    return refused
  }

  /**
   * Runs from when it wants to until before `until` (exclusive), or less far where `onFrame` says so, and until it stands
   * still. Rejects with GuestDown.
   */
  async run(until: number, onFrame: OnFrame): Promise<void> {
    const at = this.#wants
    if (at >= FOREVER) throw new RangeError(`the guest ${this.options.name} waits for nothing`)
    this.#moveTo(at)
    this.#onFrame = onFrame
    this.#wants = FOREVER
    const free = BigInt(until)
    this.#freeUntil = free > at ? free : 0n
    this.#watch()
    try {
      if (this.#freeUntil > 0n) await this.#tell(OP.FREE_UNTIL, this.#freeUntil)
      const resting = this.#resting()
      // Its rejection is seen at the end, also where the next line rejects.
      resting.catch(() => {})
      await this.#tell(OP.RUN, at)
      await resting
    } finally {
      clearTimeout(this.#watchdog)
      this.#onFrame = () => 0
    }
  }

  /** Ends it at once, with all its processes; removes its folder. May be called twice. */
  async stop(): Promise<void> {
    this.#stopping = true
    clearTimeout(this.#watchdog)
    this.#kill()
    await this.#ended
    for (const socket of [this.#clock, this.#in, this.#out]) socket?.destroy()
    await Promise.all(this.#servers.map(server => new Promise(resolve => server.close(resolve))))
    await rm(this.options.folder, { recursive: true, force: true })
  }

  #kill(): void {
    const { pid } = this.#child
    if (pid === undefined) return
    try {
      process.kill(-pid, 'SIGKILL')
    } catch {
      // It has ended already.
    }
  }

  #goDown(why: string): void {
    if (this.#down !== undefined) return
    const said = this.#stopping ? '' : this.said.tail(20)
    this.#down = new GuestDown(this.options.name, this.#stopping ? 'it was stopped' : why, said)
    this.#wants = FOREVER
    clearTimeout(this.#watchdog)
    // Also what is left of its processes.
    this.#kill()
    const waiting = [this.#onAck, this.#onWait, this.#taken?.done]
    this.#onAck = this.#onWait = this.#taken = undefined
    for (const done of waiting) done?.()
  }

  /** A promise of what `begin` is told to call; rejects when the guest is or goes down. */
  async #until(begin: (done: () => void) => void): Promise<void> {
    if (this.#down !== undefined) throw this.#down
    await new Promise<void>(begin)
    if (this.#down !== undefined) throw this.#down
  }

  #resting(): Promise<void> {
    return this.#until(done => {
      this.#onWait = done
    })
  }

  #tell(op: Op, time: bigint): Promise<void> {
    return this.#until(done => {
      this.#onAck = done
      this.#clock?.write(writeMessage({ op, number: ++this.#number, time }))
    })
  }

  #moveTo(time: bigint): void {
    if (time < this.#now) {
      throw new RangeError(
        `the guest ${this.options.name} is at ${this.#now} ns already, and can not go back to ${time}`,
      )
    }
    this.#now = time
  }

  #watch(): void {
    clearTimeout(this.#watchdog)
    const { patience_s } = this
    const { name } = this.options
    this.#watchdog = setTimeout(() => {
      this.#goDown(
        `for ${patience_s} s it has neither spoken nor stood still: something in ${name} spins without looking at the clock`,
      )
    }, patience_s * 1000)
    this.#watchdog.unref()
  }

  #connectClock(socket: Socket): void {
    this.#clock = socket
    socket.on('error', () => {})
    socket.on('close', () => this.#goDown('its clock has hung up'))
    socket.on('data', bytes => {
      for (const message of this.#messages.read(bytes)) this.#message(message)
    })
  }

  #message({ op, number, time }: Message): void {
    const acknowledge = (at = 0n) => this.#clock?.write(writeMessage({ op: OP.ACK, number, time: at }))
    switch (op) {
      case OP.ACK: {
        const done = this.#onAck
        this.#onAck = undefined
        done?.()
        return
      }
      case OP.START:
        acknowledge()
        return
      case OP.GET:
        acknowledge(this.#now)
        return
      case OP.GET_TOD:
        acknowledge(this.options.epoch_ns + this.#now)
        return
      case OP.REQUEST:
        this.#wants = time
        acknowledge()
        return
      case OP.UPDATE:
        if (time < this.#now) return this.#goDown(`its time went back from ${this.#now} to ${time} ns`)
        this.#now = time
        acknowledge()
        return
      case OP.WAIT: {
        acknowledge()
        const done = this.#onWait
        this.#onWait = undefined
        done?.()
        return
      }
      default:
        return this.#goDown(`it says something that nobody understands (operation ${op})`)
    }
  }

  #connectNetwork(socket: Socket): void {
    const reader = new RecordReader()
    let role: number | undefined
    socket.on('error', () => {})
    socket.on('close', () => this.#goDown('its network has hung up'))
    socket.on('data', bytes => {
      for (const record of reader.read(bytes)) {
        if (role === undefined) {
          role = record.kind
          if (role === RECORD.HELLO_IN) this.#in = socket
          else this.#out = socket
        } else if (role === RECORD.HELLO_IN) this.#accepted(record)
        else void this.#sent(record)
      }
    })
  }

  #accepted({ port }: LabRecord): void {
    const taken = this.#taken
    if (taken === undefined) return
    if (port !== 0) taken.refused.push(taken.count)
    taken.count++
    if (taken.count < taken.wanted) return
    this.#taken = undefined
    taken.done()
  }

  /** The guest waits for the answer, and goes on no further than what its frame has set off. */
  async #sent({ port, number, body }: LabRecord): Promise<void> {
    this.#watch()
    const until = BigInt(this.#onFrame(Number(this.#now), port, body))
    try {
      if (until < this.#freeUntil) {
        this.#freeUntil = until
        await this.#tell(OP.FREE_UNTIL, until)
      }
      this.#out?.write(writeRecord({ kind: RECORD.ACK, port, number, body: new Uint8Array(0) }))
    } catch {
      // It went down; who waits is told.
    }
  }
}

/**
 * Names relative to its folder: the command line goes into the kernel's randomness, so it is the same everywhere. hostfs
 * knows absolute paths alone.
 */
const ROOT_NAME = 'root'
const ROOT_SEEN = `/proc/self/cwd/${ROOT_NAME}/.`

function argumentsOf({ ports, seed, memory_mb = DEFAULT_MEMORY_MB, secret, without }: GuestOptions): string[] {
  return [
    `mem=${memory_mb}M`,
    'time-travel=ext:clock',
    `labnet=net,${ports}`,
    `labseed=${seed}`,
    // Keys are told as loud as the kernel tells anything that is no trouble.
    ...(secret === undefined ? ['quiet'] : ['labkeys=1', 'loglevel=7']),
    ...(without === undefined ? [] : ['initcall_blacklist=wg_mod_init']),
    'rootfstype=hostfs',
    `rootflags=${ROOT_SEEN}`,
    'ro',
    'init=/lab/init',
    'con=null',
    'con0=null,fd:1',

    'panic=-1',
  ]
}

function listening(path: string, connected: (socket: Socket) => void): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer(connected)
    server.once('error', reject)
    server.listen(path, () => resolve(server))
  })
}
