/** A worker thread of `wglab run`: takes a task, answers with its verdict. */
import { parentPort } from 'node:worker_threads'
import { isGuest } from '../sim/guest/supports.ts'
import { notRun, type RunOneOptions, runOne, runOneWithGuests } from './evidence.ts'
import { type Guests, openGuests } from './guests.ts'
import type { Answer, Task } from './jobs.ts'
import { stopNetns, workInNetns } from './netns-world.ts'
import { systemText } from './system.ts'

const PROGRESS_EVERY_MS = 200

/** Those of the task at hand. */
let guests: Guests | undefined

parentPort?.on('message', async (order: Task | 'stop') => {
  if (order === 'stop') {
    // Who asks waits for nothing else.
    await Promise.all([guests?.stop(), stopNetns()])
    answer({ kind: 'stopped' })
    return
  }
  try {
    answer(await workAt(order))
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) answer({ kind: 'refused', text: refusal(error) })
    else answer({ kind: 'bug', text: error instanceof Error ? (error.stack ?? error.message) : String(error) })
  }
})

async function workAt(task: Task): Promise<Answer> {
  if (task.world === 'netns' || task.world === 'netns:guest') {
    const verdict = await workInNetns(task.named, { ...optionsOf(task), world: task.world })
    return { kind: 'verdict', verdict, same: true }
  }
  return hasGuests(task) ? workWithGuests(task) : work(task)
}

/** A cast of ours alone, or of names that nobody knows, needs none. */
function hasGuests({ cast }: Task): boolean {
  return Object.values(cast).some(isGuest)
}

async function workWithGuests(task: Task): Promise<Answer> {
  const { named, cast, seed } = task
  const opened = await openGuests(cast)
  if ('lacks' in opened) {
    const verdict = notRun(named, { cast, seed, selector: named.selector }, 'skipped', opened.lacks)
    return { kind: 'verdict', verdict, same: true }
  }
  guests = opened
  try {
    const verdict = await runOneWithGuests(named, optionsOf(task), opened)
    if (!task.twice) return { kind: 'verdict', verdict, same: true }
    const again = await runOneWithGuests(named, { cast, seed }, opened)
    return { kind: 'verdict', verdict, same: again.trace_sha256 === verdict.trace_sha256 }
  } finally {
    await opened.stop()
    guests = undefined
  }
}

function optionsOf({ named, cast, seed, out }: Task): RunOneOptions {
  let last = performance.now()
  const onProgress = (now_ns: number) => {
    const now = performance.now()
    if (now - last < PROGRESS_EVERY_MS) return
    last = now
    answer({ kind: 'progress', now_ns })
  }
  return { cast, seed, selector: named.selector, out, outShown: out, onProgress }
}

function work(task: Task): Answer {
  const { named, cast, seed } = task
  const verdict = runOne(named, optionsOf(task))
  if (!task.twice) return { kind: 'verdict', verdict, same: true }
  const again = runOne(named, { cast, seed })
  return { kind: 'verdict', verdict, same: again.trace_sha256 === verdict.trace_sha256 }
}

/** `out/nat/x/.trace.jsonl.partial: permission denied` */
function refusal(error: Error): string {
  const path = 'path' in error && typeof error.path === 'string' ? `${error.path}: ` : ''
  return `${path}${systemText(error)}`
}

function answer(what: Answer): void {
  parentPort?.postMessage(what)
}
