/** This machine as the place of a run: its own clock, processes of its own for every command. Needs root. */
import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { endProcesses, sweep } from './clean.ts'
import { folderOf, takeLease } from './lease.ts'
import { type Ended, type Job, RunSpoiled, type Site, shellLine } from './site.ts'

/** How far this machine's time of day may have jumped in a run that is to be believed, milliseconds. */
const JUMP_MS = 20

export interface HostSite extends Site {
  readonly folder: string
}

/** Throws what the file system throws. */
export function openHost(prefix: string, signal: AbortSignal): HostSite {
  const folder = folderOf(prefix)
  takeLease(folder)
  const running = new Set<ChildProcess>()
  let zero_ms = 0
  let offset_ms = dayOffset()
  const now = () => Math.round((performance.now() + offset_ms - zero_ms) * 1e6)
  return {
    name: 'netns',
    folder,
    zero_ns: () => BigInt(zero_ms) * 1_000_000n,
    now,
    async begin() {
      offset_ms = dayOffset()
      zero_ms = Math.ceil((performance.now() + offset_ms) / 1000) * 1000
      await sleep(zero_ms - performance.now() - offset_ms, signal)
    },
    async sleepUntil(time_ns) {
      signal.throwIfAborted()
      await sleep((time_ns - now()) / 1e6, signal)
    },
    check() {
      const jumped = Math.abs(dayOffset() - offset_ms)
      if (jumped > JUMP_MS)
        throw new RunSpoiled(`this machine's clock was set during the run, by ${jumped.toFixed(0)} ms`)
    },
    start: (line, enter) => begin(shellLine(line, enter), folder, running),
    async write(path, text, mode) {
      const file = join(folder, path)
      await mkdir(dirname(file), { recursive: true, mode: 0o700 })
      await writeFile(file, text, { mode })
    },
    read: path => readFile(join(folder, path)),
    async stop(lines) {
      for (const child of running) end(child, 'SIGKILL')
      // Before their namespaces lose the names by which these are found.
      await endProcesses(prefix)
      for (const { line, enter } of lines) await begin(shellLine(line, enter), folder, running).ended
      return sweep(prefix)
    },
  }
}

/** So far apart may two looks at the clocks be, milliseconds: else somebody else had the processor in between. */
const BLINK_MS = 0.05

/** The time of day less our own clock, milliseconds; to a fraction of one, since the day's clock is read where it ticks. */
function dayOffset(): number {
  for (let before = Date.now(), at = performance.now(); ; ) {
    const [after, now] = [Date.now(), performance.now()]
    if (after !== before && now - at < BLINK_MS) return after - now
    before = after
    at = now
  }
}

function begin(line: string, folder: string, running: Set<ChildProcess>): Job {
  const child = spawn('sh', ['-eu', '-c', line], {
    cwd: folder,
    // A group of its own: Ctrl-C is for us, and a signal of ours is for all it has started.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, LC_ALL: 'C' },
  })
  running.add(child)
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', text => {
      output += text
    })
  }
  const ended = new Promise<Ended>(resolve => {
    child.once('error', error => resolve({ status: 127, output: error.message }))
    child.once('exit', (status, signal) => {
      running.delete(child)
      // What it left in the background may hold the streams open for ever: what is there is read, no more.
      setImmediate(() => setImmediate(() => resolve({ status: status ?? (signal === null ? 1 : 137), output })))
    })
  })
  return { output: () => output, ended, wait: () => ended, signal: name => end(child, `SIG${name}`) }
}

function end({ pid, exitCode, signalCode }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined || exitCode !== null || signalCode !== null) return
  try {
    process.kill(-pid, signal)
  } catch {
    // It has just ended.
  }
}

/** Rejects when it is called off. */
function sleep(time_ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason)
    const timer = setTimeout(over, Math.max(0, time_ms))
    function over(): void {
      signal.removeEventListener('abort', off)
      resolve()
    }
    function off(): void {
      clearTimeout(timer)
      reject(signal.reason)
    }
    signal.addEventListener('abort', off, { once: true })
  })
}

/** Commands beside any run: to ask what this machine has. */
export function hostShell(): Pick<Site, 'start'> {
  const running = new Set<ChildProcess>()
  return { start: (line, enter) => begin(shellLine(line, enter), '/', running) }
}

/** The kernel that runs here, as `uname -r` tells it. */
export function runningKernel(): string {
  return readFileSync('/proc/sys/kernel/osrelease', 'utf8').trim()
}
