/** Programs: run to the end with a bound, or kept running for the life of a test. */
import { type ChildProcess, spawn } from 'node:child_process'

export interface RunOptions {
  readonly input?: string
  readonly env?: Readonly<Record<string, string>>
  /** Default two minutes, for machines that do much else; the program is killed then. */
  readonly timeout_ms?: number
}

export interface Finished {
  readonly status: number | undefined
  readonly stdout: string
  readonly stderr: string
}

/** A program that runs on: a daemon, a flood, a capture. */
export interface Running {
  readonly pid: number
  /** The last 64 KiB of both outputs. */
  output(): string
  /** Undefined while it runs. */
  ended(): { readonly status: number | null; readonly signal: NodeJS.Signals | null } | undefined
  /** Sends the signal and waits for the end; SIGKILL after a minute. */
  stop(signal?: NodeJS.Signals): Promise<void>
}

const KEPT = 65_536
/** A test waits for what must come, never for a while: how long it may take at most says nothing about how long it takes. */
export const PATIENCE_MS = 120_000

/** Runs a program to its end; throws with its words when the status is not 0. */
export async function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const { status, stdout, stderr } = await attempt(command, args, options)
  if (status !== 0)
    throw new Error(`${command} ${args.join(' ')} ended with ${status ?? 'a signal'}: ${(stderr + stdout).trim()}`)
  return stdout
}

/** Runs a program to its end and tells how it went. Never rejects for a status. */
export function attempt(command: string, args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env: { ...process.env, ...options.env }, stdio: ['pipe', 'pipe', 'pipe'] })
    const timer = setTimeout(() => child.kill('SIGKILL'), options.timeout_ms ?? PATIENCE_MS)
    let [stdout, stderr] = ['', '']
    child.stdout.setEncoding('utf8').on('data', text => {
      stdout += text
    })
    child.stderr.setEncoding('utf8').on('data', text => {
      stderr += text
    })
    const finish = (status: number | null) => {
      clearTimeout(timer)
      child.stdout.destroy()
      child.stderr.destroy()
      resolve({ status: status ?? undefined, stdout, stderr })
    }
    // A daemon that went to the background may hold the pipes: what counts is the end of the program itself.
    child.on('exit', status => {
      const grace = setTimeout(() => finish(status), 200)
      child.on('close', () => {
        clearTimeout(grace)
        finish(status)
      })
    })
    child.on('error', error => {
      clearTimeout(timer)
      reject(error)
    })
    // A program that reads nothing closes its input: no failure of ours.
    child.stdin.on('error', () => {})
    child.stdin.end(options.input ?? '')
  })
}

/** Starts a program; it is killed when this process ends, however that happens. */
export async function start(
  command: string,
  args: readonly string[],
  options: Pick<RunOptions, 'env'> = {},
): Promise<Running> {
  const child: ChildProcess = spawn(command, args, {
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let [kept, end] = ['', undefined as ReturnType<Running['ended']>]
  const keep = (text: string) => {
    kept = (kept + text).slice(-KEPT)
  }
  child.stdout?.setEncoding('utf8').on('data', keep)
  child.stderr?.setEncoding('utf8').on('data', keep)
  const exited = new Promise<void>(resolve => {
    child.on('exit', (status, signal) => {
      end = { status, signal }
      resolve()
    })
  })
  await new Promise<void>((resolve, reject) => {
    child.on('spawn', resolve)
    child.on('error', reject)
  })
  const pid = child.pid ?? 0
  return {
    pid,
    output: () => kept,
    ended: () => end,
    async stop(signal = 'SIGTERM') {
      if (end !== undefined) return
      child.kill(signal)
      const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS / 2)
      await exited
      clearTimeout(timer)
    },
  }
}

/** Thrown by a condition that can not come true any more: the polling ends at once. */
export class Hopeless extends Error {}

/** Polls until the condition gives something; fails with what was waited for, and why the last try failed. */
export async function until<T>(
  what: string,
  condition: () => Promise<T | undefined | false> | T | undefined | false,
  deadline_ms = PATIENCE_MS,
): Promise<T> {
  const started = performance.now()
  for (;;) {
    let reason = ''
    try {
      const found = await condition()
      if (found !== undefined && found !== false) return found
    } catch (error) {
      if (error instanceof Hopeless) throw error
      reason = `: ${error instanceof Error ? error.message : String(error)}`
    }
    if (performance.now() - started > deadline_ms)
      throw new Error(`${what} did not come within ${deadline_ms / 1000} s${reason}`)
    await new Promise(resolve => setTimeout(resolve, 25))
  }
}
