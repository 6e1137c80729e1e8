/** One guest kernel as the place of a run: all namespaces are in it, and its time passes only while something waits for it. */
import { writeFileSync } from 'node:fs'
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { commandFrame, LONGEST_COMMAND, readAnswer } from './agent.ts'
import { type Ended, type Job, type Site, shellLine } from './site.ts'

/** What is needed of a guest; kernel/guest.ts is one. Times are the guest's own, nanoseconds since it started. */
export interface GuestMachine {
  /** Infinity: it waits for nothing. */
  readonly wants: number
  inject(time: number, frames: readonly { readonly port: number; readonly frame: Uint8Array }[]): Promise<number[]>
  run(until: number, onFrame: (time: number, port: number, frame: Uint8Array) => number): Promise<void>
  stop(): Promise<void>
}

export interface GuestSiteOptions {
  readonly guest: GuestMachine
  /** Of this machine, empty; the guest sees it as its folder of the run. */
  readonly folder: string
  /** The guest's time of day when its clock is 0, nanoseconds since 1970: a whole second. */
  readonly epoch_ns: bigint
  readonly signal: AbortSignal
  /** A folder of the guest whose programs come first. */
  readonly path: string
}

interface OpenJob {
  readonly chunks: Uint8Array[]
  readonly end: (ended: Ended) => void
  readonly fail: (error: unknown) => void
  /** Somebody waits for its end. */
  awaited: boolean
}

interface Sleeper {
  readonly until: number
  readonly wake: () => void
  readonly fail: (error: unknown) => void
}

const CONTROL = 0
/** Not in /run, which each machine has for itself. */
const FOLDER = '/tmp/wglab'
/** So long somebody waits for the end of a command, in the guest's time. */
const PATIENCE_NS = 3_600_000_000_000

/** The guest has just been started, with no interfaces but the agent's. Rejects when the agent can not be reached. */
export async function openGuestSite(options: GuestSiteOptions): Promise<Site> {
  const site = new GuestSite(options)
  await site.ready()
  return site
}

class GuestSite implements Site {
  readonly name = 'netns:guest'
  readonly #options: GuestSiteOptions
  readonly #jobs = new Map<number, OpenJob>()
  readonly #sleepers = new Set<Sleeper>()
  #frames: { port: number; frame: Uint8Array }[] = []
  #nextJob = 1
  /** The guest's own time, and which of it is 0 of the run, ns. */
  #now = 0
  #zero = 0
  #pumping = false
  #failed: unknown
  #onReady: (() => void) | undefined

  constructor(options: GuestSiteOptions) {
    this.#options = options
    if (options.signal.aborted) this.#fail(options.signal.reason)
    options.signal.addEventListener('abort', () => this.#fail(options.signal.reason), { once: true })
  }

  async ready(): Promise<void> {
    let agent = false
    this.#onReady = () => {
      agent = true
    }
    while (!agent) await this.sleepUntil(this.now() + 100_000_000)
    const { folder } = this.#options
    const mounted = await this.start(
      `mkdir -p ${FOLDER}; mount -t hostfs none ${FOLDER} -o ${folder}; mkdir -p /run/jobs`,
      undefined,
      '/',
    ).wait()
    if (mounted.status !== 0) throw new Error(`the guest does not see the folder of the run: ${mounted.output}`)
  }

  zero_ns = (): bigint => this.#options.epoch_ns + BigInt(this.#zero)

  now(): number {
    return this.#now - this.#zero
  }

  async begin(): Promise<void> {
    const second = Math.ceil((this.#now + 1) / 1e9) * 1e9
    await this.sleepUntil(second - this.#zero)
    this.#zero = second
  }

  check(): void {}

  sleepUntil(time_ns: number): Promise<void> {
    const until = time_ns + this.#zero
    return new Promise((wake, fail) => {
      if (this.#failed !== undefined) return fail(this.#failed)
      this.#sleepers.add({ until, wake, fail })
      this.#pump()
    })
  }

  start(line: string, enter?: string, folder = FOLDER): Job {
    const job = this.#nextJob++
    const chunks: Uint8Array[] = []
    const output = () => Buffer.concat(chunks).toString('utf8')
    const ended = new Promise<Ended>((end, fail) => {
      this.#jobs.set(job, { chunks, end, fail, awaited: false })
    })
    // Called off, all of them are; who waits is told.
    ended.catch(() => {})
    const noted = `[ ! -d /run/jobs ] || echo $$ > /run/jobs/${job}`
    const path = `export PATH=${this.#options.path}:$PATH`
    this.#order(job, `cd ${folder}; ${noted}; ${path}; set -eu\n${shellLine(line, enter)}`)
    return {
      output,
      ended,
      wait: () => {
        const open = this.#jobs.get(job)
        if (open !== undefined) open.awaited = true
        this.#pump()
        return ended
      },
      signal: name => {
        if (this.#jobs.has(job)) this.#order(this.#nextJob++, `kill -s ${name} -- "-$(cat /run/jobs/${job})"`)
      },
    }
  }

  async write(path: string, text: string, mode: number): Promise<void> {
    const file = join(this.#options.folder, path)
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, text)
    await chmod(file, mode)
  }

  read(path: string): Promise<Uint8Array> {
    return readFile(join(this.#options.folder, path))
  }

  async stop(): Promise<readonly string[]> {
    this.#fail(new Error('the guest was stopped'))
    await this.#options.guest.stop()
    return []
  }

  /** A long one is read from a file of the folder. */
  #order(job: number, line: string): void {
    const long = Buffer.byteLength(line) > LONGEST_COMMAND
    if (long) writeFileSync(join(this.#options.folder, `.job-${job}`), line)
    const order = long ? `exec sh ${FOLDER}/.job-${job}` : line
    this.#frames.push({ port: CONTROL, frame: commandFrame(job, order) })
  }

  /** Somebody waits: time may pass. */
  get #wanted(): boolean {
    return this.#sleepers.size > 0 || [...this.#jobs.values()].some(({ awaited }) => awaited)
  }

  /** One at a time: hands in what there is, and lets the guest run until the first who waits is due. */
  #pump(): void {
    if (this.#pumping) return
    this.#pumping = true
    void (async () => {
      try {
        while (this.#failed === undefined && this.#wanted) {
          await this.#turn()
          // Who was waked may have more to say before time goes on.
          await new Promise(resolve => setImmediate(resolve))
        }
      } catch (error) {
        this.#fail(error)
      } finally {
        this.#pumping = false
      }
    })()
  }

  async #turn(): Promise<void> {
    const { guest } = this.#options
    const frames = this.#frames
    this.#frames = []
    if (frames.length > 0) await guest.inject(this.#now, frames)
    const far = this.#now + PATIENCE_NS
    const due = Math.min(far, ...[...this.#sleepers].map(({ until }) => until))
    if (guest.wants < due) {
      this.#now = Math.max(this.#now, guest.wants)
      let stop = false
      await guest.run(due, (time, port, frame) => {
        this.#now = Math.max(this.#now, time)
        if (port === CONTROL && this.#answer(frame)) stop = true
        // Stands still where somebody has been told something.
        return stop ? time : due
      })
      if (!stop) this.#now = Math.max(this.#now, Math.min(due, guest.wants))
    } else if (due < far) this.#now = Math.max(this.#now, due)
    else throw new Error('nothing happens in the guest any more, and something waits for it')
    for (const sleeper of [...this.#sleepers]) {
      if (sleeper.until > this.#now) continue
      this.#sleepers.delete(sleeper)
      sleeper.wake()
    }
  }

  /** True: somebody was told. */
  #answer(frame: Uint8Array): boolean {
    const answer = readAnswer(frame)
    if (answer === undefined) return false
    if (answer.kind === 'ended' && answer.status === 'ready') {
      this.#onReady?.()
      return true
    }
    const open = this.#jobs.get(answer.job)
    if (open === undefined) return false
    if (answer.kind === 'output') {
      open.chunks.push(answer.bytes)
      return false
    }
    this.#jobs.delete(answer.job)
    open.end({ status: Number(answer.status), output: Buffer.concat(open.chunks).toString('utf8') })
    return true
  }

  #fail(error: unknown): void {
    this.#failed ??= error
    for (const sleeper of this.#sleepers) sleeper.fail(error)
    this.#sleepers.clear()
    for (const job of this.#jobs.values()) job.fail(error)
    this.#jobs.clear()
  }
}
