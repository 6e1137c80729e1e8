/** Runs scenarios in worker threads, so that this thread stays free for progress and for Ctrl-C. */
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { Cast } from '../scenarios/language/scenario.ts'
import type { Verdict } from '../scenarios/language/verdict.ts'
import { isGuest } from '../sim/guest/supports.ts'
import { notRun } from './evidence.ts'
import { UserError } from './exit.ts'
import { removeUnfinished } from './files.ts'
import { createProgress } from './progress.ts'
import type { Selected } from './select.ts'
import type { Stop } from './signals.ts'
import type { WorldName } from './world-name.ts'

export interface JobOptions {
  readonly cast: Cast
  /** Default: sim. */
  readonly world?: WorldName
  readonly seed?: string
  readonly seeds: number
  readonly jobs?: number
  readonly out: string
  readonly verifyDeterminism?: boolean
}

export interface JobResult {
  /** One for each task, in their order; what was not run to its end is skipped or inconclusive, and says why. */
  readonly verdicts: readonly Verdict[]
  /** Ids whose two runs differed. */
  readonly different: readonly string[]
  /** What kept it from running everything: the machine, or a bug of ours. */
  readonly trouble?: Error
}

/** What a worker is told. */
export interface Task {
  readonly named: Selected
  readonly cast: Cast
  /** Default: sim. */
  readonly world?: WorldName
  readonly seed: string
  readonly out: string
  readonly twice: boolean
  /** What progress calls it. Default: its id. */
  readonly label?: string
}

/** What a worker says. */
export type Answer =
  | { readonly kind: 'progress'; readonly now_ns: number }
  | { readonly kind: 'verdict'; readonly verdict: Verdict; readonly same: boolean }
  /** The machine refused: no space, no right. */
  | { readonly kind: 'refused'; readonly text: string }
  | { readonly kind: 'bug'; readonly text: string }
  /** Its guests are gone, as it was told to. */
  | { readonly kind: 'stopped' }

/** How a task ended: with an answer, or with its worker. */
type Outcome = Exclude<Answer, { kind: 'progress' | 'stopped' }> | { readonly kind: 'ended'; readonly text: string }

const SCENARIOS_A_WORKER = 16

/** Throws nothing but bugs of its own: what goes wrong is told in the result, with the verdicts there are. */
export async function runAll(
  selected: readonly Selected[],
  options: JobOptions,
  stop: Stop,
  newWorker?: () => Worker,
): Promise<JobResult> {
  return runTasks(tasksOf(selected, options), options, stop, newWorker)
}

/** As `runAll`, for tasks with casts of their own. */
export async function runTasks(
  tasks: readonly Task[],
  options: Pick<JobOptions, 'jobs' | 'out'>,
  stop: Stop,
  newWorker: () => Worker = startWorker,
): Promise<JobResult> {
  const real = tasks.some(({ world = 'sim' }) => world !== 'sim')
  // In real time they would be in each other's way.
  const automatic = real ? 1 : Math.min(availableParallelism(), Math.ceil(tasks.length / SCENARIOS_A_WORKER))
  const crew = Math.max(1, Math.min(options.jobs ?? automatic, tasks.length))
  const verdicts: (Verdict | undefined)[] = tasks.map(() => undefined)
  const different: string[] = []
  const progress = createProgress()
  const workers = new Set<Worker>()
  let done = 0
  let next = 0
  let trouble: Error | undefined
  let ending = false
  const withGuests = real || tasks.some(task => Object.values(task.cast).some(isGuest))
  const end = () => {
    ending = true
    for (const worker of workers)
      void (withGuests ? dismiss(worker, real ? REAL_PATIENCE_MS : PATIENCE_MS) : worker.terminate())
  }
  stop.onSignal(end)

  const settle = (task: Task, position: number, outcome: Outcome) => {
    switch (outcome.kind) {
      case 'verdict':
        // Its guests were ended under it: what it says is worth nothing.
        if (ending && withGuests) return
        verdicts[position] = outcome.verdict
        done++
        if (!outcome.same) different.push(task.named.id)
        return
      case 'refused':
        trouble ??= new UserError(`${task.named.id}: ${outcome.text}`)
        end()
        return
      case 'ended':
        if (ending) return
        settle(task, position, { kind: 'bug', text: outcome.text })
        return
      case 'bug': {
        // Its guests were ended under it.
        if (ending && withGuests) return
        // The others may still be right: they run on, and the exit status tells.
        trouble ??= new Error(`${task.named.id} (seed ${task.seed}): ${outcome.text}`)
        const because = `a bug of wglab: ${outcome.text.split('\n')[0]}`
        verdicts[position] = notRun(task.named, runOptions(task), 'inconclusive', because)
      }
    }
  }
  const work = async (): Promise<void> => {
    let worker: Worker | undefined
    while (next < tasks.length && !ending) {
      const position = next++
      const task = tasks[position]
      if (task === undefined) return
      if (worker === undefined || !workers.has(worker)) worker = hire(newWorker(), workers)
      const outcome = await ask(worker, task, now_ns => {
        progress.say(
          `${done}/${tasks.length}  ${task.label ?? task.named.id}  at ${(now_ns / 1e9).toFixed(0)} s of its time`,
        )
      })
      settle(task, position, outcome)
      if (outcome.kind === 'ended') workers.delete(worker)
    }
    await worker?.terminate()
  }
  try {
    await Promise.all(Array.from({ length: crew }, work))
  } finally {
    progress.end()
    if (ending) for (const task of tasks) removeUnfinished(task.out, options.out)
  }
  const why = stop.signal === undefined ? 'the run was cut off before it' : 'interrupted before its end'
  return {
    verdicts: tasks.map((task, at) => verdicts[at] ?? notRun(task.named, runOptions(task), 'skipped', why)),
    different,
    ...(trouble === undefined ? {} : { trouble }),
  }
}

/** Counted among the living until it ends, whatever ends it. */
function hire(worker: Worker, workers: Set<Worker>): Worker {
  workers.add(worker)
  return worker.on('error', () => {}).on('exit', () => workers.delete(worker))
}

const PATIENCE_MS = 3000
/** Namespaces are taken back one by one. */
const REAL_PATIENCE_MS = 60_000

/** Ends a worker; not before its guests are gone, unless that takes too long. */
async function dismiss(worker: Worker, patience_ms: number): Promise<void> {
  await new Promise<void>(resolve => {
    const timer = setTimeout(resolve, patience_ms)
    const over = () => {
      clearTimeout(timer)
      resolve()
    }
    worker.on('exit', over).on('message', (answer: Answer) => {
      if (answer.kind === 'stopped') over()
    })
    worker.postMessage('stop')
  })
  await worker.terminate()
}

function runOptions({ cast, seed, named, world }: Task) {
  return { cast, seed, world, selector: named.selector }
}

function tasksOf(selected: readonly Selected[], options: JobOptions): Task[] {
  return selected.flatMap(named =>
    Array.from({ length: options.seeds }, (_, position) => {
      const seed = nthSeed(options.seed ?? named.scenario.seed ?? '1', position)
      // Never out of the folder, nor into a hidden one: an id can be the path of a file.
      const parts = named.id.split(/[/\\]/).map(part => (/^\.*$/.test(part) ? '_' : part))
      const folder = join(options.out, ...parts)
      return {
        named,
        cast: options.cast,
        ...(options.world === undefined ? {} : { world: options.world }),
        seed,
        out: options.seeds === 1 ? folder : join(folder, `seed-${seed.replace(/[^\w.-]/g, '_')}`),
        twice: options.verifyDeterminism === true,
      }
    }),
  )
}

/** 7, 8, 9 … for a number; x, x.2, x.3 … for any other text. */
export function nthSeed(seed: string, position: number): string {
  if (position === 0) return seed
  return /^\d{1,15}$/.test(seed) ? String(Number(seed) + position) : `${seed}.${position + 1}`
}

function startWorker(): Worker {
  const file = import.meta.url.endsWith('.ts') ? './worker.source.js' : './worker.js'
  return new Worker(new URL(file, import.meta.url))
}

/** One task: settles with the answer, or when the worker ends before it answered. */
function ask(worker: Worker, task: Task, onProgress: (now_ns: number) => void): Promise<Outcome> {
  return new Promise(resolve => {
    const finish = (outcome: Outcome) => {
      worker.off('message', onMessage).off('error', onError).off('exit', onExit)
      resolve(outcome)
    }
    const onMessage = (answer: Answer) => {
      if (answer.kind === 'progress') onProgress(answer.now_ns)
      else if (answer.kind !== 'stopped') finish(answer)
    }
    const onError = (error: unknown) => {
      finish({ kind: 'ended', text: error instanceof Error ? (error.stack ?? error.message) : String(error) })
    }
    const onExit = () => finish({ kind: 'ended', text: 'its worker ended without an answer' })
    worker.on('message', onMessage).on('error', onError).on('exit', onExit)
    worker.postMessage(task)
  })
}
