/** What a run comes to when workers answer well, badly, or not at all: told by workers of paper. */
import { EventEmitter } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Worker } from 'node:worker_threads'
import { afterAll, describe, expect, it, vi } from 'vitest'
import type { Verdict } from '../scenarios/language/verdict.ts'
import { notRun } from './evidence.ts'
import { type Answer, nthSeed, runAll, type Task } from './jobs.ts'
import { type RunFlags, run } from './run.ts'
import { type Selected, select } from './select.ts'
import type { Stop } from './signals.ts'
import { statusOf } from './status.ts'

const folder = mkdtempSync(join(tmpdir(), 'wglab-jobs-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const selected = (await select(['handshake'])).slice(0, 3)
const options = { cast: {}, seeds: 1, jobs: 1, out: folder }
const never: Stop = { signal: undefined, onSignal: () => {}, end: () => {} }

/** Answers each task by the number it has among those of all workers; 'die' ends without an answer. */
function paperWorkers(answers: (task: Task, n: number) => Answer | 'die'): () => Worker {
  let n = 0
  return () => {
    const worker = new EventEmitter()
    const terminate = () => Promise.resolve(worker.emit('exit', 1))
    const postMessage = (task: Task) =>
      queueMicrotask(() => {
        const answer = answers(task, n++)
        if (answer === 'die') worker.emit('exit', 1)
        else worker.emit('message', answer)
      })
    return Object.assign(worker, { terminate, postMessage }) as unknown as Worker
  }
}

function passed({ named, cast, seed }: Task): Verdict {
  return { ...notRun(named, { cast, seed }, 'skipped', 'paper'), verdict: 'pass', because: 'all 1 checks hold' }
}

const pass = (task: Task): Answer => ({ kind: 'verdict', verdict: passed(task), same: true })
const brief = (verdicts: readonly Verdict[]) =>
  verdicts.map(each => [each.id.slice(10, 17), each.verdict, each.because])
const all = (because: string) => selected.map(({ id }) => [id.slice(10, 17), 'skipped', because])

describe('runAll', () => {
  it('gives a verdict for each task, in their order, however many workers there are', async () => {
    for (const jobs of [1, 2, 9]) {
      const result = await runAll(
        selected,
        { ...options, jobs, seeds: 2 },
        never,
        paperWorkers(task => pass(task)),
      )
      expect(result.verdicts.map(each => `${each.id} ${each.seed}`)).toEqual(
        selected.flatMap(each => [`${each.id} 1`, `${each.id} 2`]),
      )
      expect([result.different, result.trouble]).toEqual([[], undefined])
    }
  })

  it.each([
    ['says that it has a bug', { kind: 'bug', text: 'Error: no such peer\n    at peer.ts:1' }, 'Error: no such peer'],
    ['ends without a word', 'die', 'its worker ended without an answer'],
  ] as const)('a worker that %s costs its own scenario alone', async (_, answer, because) => {
    const result = await runAll(
      selected,
      options,
      never,
      paperWorkers((task, n) => (n === 1 ? answer : pass(task))),
    )
    expect(brief(result.verdicts)).toEqual([
      [selected[0]?.id.slice(10, 17), 'pass', 'all 1 checks hold'],
      [selected[1]?.id.slice(10, 17), 'inconclusive', `a bug of wglab: ${because}`],
      [selected[2]?.id.slice(10, 17), 'pass', 'all 1 checks hold'],
    ])
    expect(result.trouble?.message).toBe(`${selected[1]?.id} (seed 1): ${answer === 'die' ? because : answer.text}`)
  })

  it('a machine that refuses ends the run, and what was not run is skipped', async () => {
    const refused: Answer = { kind: 'refused', text: 'out/x: no space left on the device' }
    const result = await runAll(
      selected,
      options,
      never,
      paperWorkers((task, n) => (n === 1 ? refused : pass(task))),
    )
    expect(result.verdicts.map(each => [each.verdict, each.because])).toEqual([
      ['pass', 'all 1 checks hold'],
      ['skipped', 'the run was cut off before it'],
      ['skipped', 'the run was cut off before it'],
    ])
    expect(result.trouble?.message).toBe(`${selected[1]?.id}: out/x: no space left on the device`)
  })

  it('a signal ends the run, and what was not run is skipped', async () => {
    const stopped: Stop = { signal: 'SIGINT', onSignal: end => end(), end: () => {} }
    const result = await runAll(
      selected,
      options,
      stopped,
      paperWorkers(task => pass(task)),
    )
    expect(brief(result.verdicts)).toEqual(all('interrupted before its end'))
    expect(result.trouble).toBeUndefined()
  })

  it('no id leads out of the folder or into a hidden one', async () => {
    const hostile = ['../../etc/x', '..', '', 'a/./b', 'a\\..\\b'].map(id => ({ ...selected[0], id }) as Selected)
    const folders: string[] = []
    await runAll(
      hostile,
      options,
      never,
      paperWorkers(task => {
        folders.push(task.out)
        return pass(task)
      }),
    )
    expect(folders).toEqual(['_/_/etc/x', '_', '_', 'a/_/b', 'a/_/b'].map(path => join(folder, path)))
  })
})

describe('run', () => {
  const flags: RunFlags = { world: 'sim', cast: {}, seeds: 1, jobs: 1, out: join(folder, 'run'), reporter: 'none' }
  const status = async (answers: (task: Task, n: number) => Answer | 'die', over: Partial<RunFlags> = {}) => {
    const stderr = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
    try {
      return await run(['handshake'], { ...flags, ...over }, paperWorkers(answers))
    } catch (error) {
      return statusOf(error)
    } finally {
      stderr.mockRestore()
    }
  }
  const failed = (task: Task): Answer => ({
    kind: 'verdict',
    verdict: { ...passed(task), verdict: 'fail' },
    same: true,
  })
  const unsupported = (task: Task): Answer => ({
    kind: 'verdict',
    verdict: { ...passed(task), verdict: 'unsupported' },
    same: true,
  })
  const known = join(folder, 'known.json')
  writeFileSync(known, JSON.stringify({ 'handshake/one-round-trip': { reason: 'a test' } }))
  const isKnown = (task: Task) => task.named.id === 'handshake/one-round-trip'

  it.each([
    [0, 'all pass', pass, {}],
    [1, 'one fails', (task: Task, n: number) => (n === 2 ? failed(task) : pass(task)), {}],
    [0, 'only known ones fail', (task: Task) => (isKnown(task) ? failed(task) : pass(task)), { knownFailures: known }],
    [1, 'one more than the known fails', failed, { knownFailures: known }],
    [6, 'a known failure passes', pass, { knownFailures: known }],
    [0, 'something can not run that nobody asked for', unsupported, {}],
    [4, 'something can not run that was asked for', unsupported, { cast: { bob: 'kernel-6.12' } }],
    [0, 'the same, with --allow-skip', unsupported, { cast: { bob: 'kernel-6.12' }, allowSkip: true }],
    [5, 'two runs differ', (task: Task, n: number) => ({ ...pass(task), same: n !== 2 }) as Answer, {}],
    [70, 'a worker has a bug', (task: Task, n: number) => (n === 2 ? 'die' : pass(task)), {}],
    [2, 'the disk is full', (): Answer => ({ kind: 'refused', text: 'no space left on the device' }), {}],
  ] as const)('ends with %d when %s', async (expected, _, answers, over) => {
    expect(await status(answers, over)).toBe(expected)
    // Whatever happened, the report is there and speaks of every scenario.
    const report = JSON.parse(readFileSync(join(flags.out, 'report.json'), 'utf8'))
    expect(report.verdicts.length).toBe((await select(['handshake'])).length)
    expect(readdirSync(flags.out).sort()).toEqual(['index.html', 'junit.xml', 'report.json'])
  })
})

it.each([
  ['7', 0, '7'],
  ['7', 3, '10'],
  ['007', 0, '007'],
  ['x', 0, 'x'],
  ['x', 2, 'x.3'],
  ['9999999999999999999', 1, '9999999999999999999.2'],
])('seed %s, %d further: %s', (seed, position, expected) => {
  expect(nthSeed(seed, position)).toBe(expected)
})
