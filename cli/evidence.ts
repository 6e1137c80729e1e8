/**
 * One scenario, run and judged, with its evidence: here worlds, checks and reports meet, and nothing is decided.
 */
import { createHash } from 'node:crypto'
import { closeSync, mkdirSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { nodeCrypto } from '../impl/crypto/node/provider.ts'
import { createCapture } from '../reports/capture.ts'
import { createLadder } from '../reports/ladder.ts'
import { evaluate } from '../scenarios/checks/evaluate.ts'
import { createStory } from '../scenarios/checks/story.ts'
import { CanonicalEncoder, rowToJson } from '../scenarios/language/canonical.ts'
import type { Cast, NamedScenario } from '../scenarios/language/scenario.ts'
import type { Row, TraceSink } from '../scenarios/language/trace.ts'
import type { CheckOutcome, RunEnd, Support, Verdict, VerdictKind } from '../scenarios/language/verdict.ts'
import { checkScenario } from '../sim/check.ts'
import { supportsGuests } from '../sim/guest/supports.ts'
import { type GuestRunOptions, runGuests } from '../sim/guest/world.ts'
import { EPOCH } from '../sim/parts.ts'
import { type RunOptions, simWorld } from '../sim/world.ts'
import { partialPath } from './files.ts'
import type { Guests } from './guests.ts'
import { VERSION } from './package.ts'
import { problemText } from './problems.ts'
import { reproduceText } from './reproduce.ts'
import type { WorldName } from './world-name.ts'

export interface RunOneOptions {
  readonly cast: Cast
  /** Default: sim. */
  readonly world?: WorldName | undefined
  readonly seed: string
  /** What `wglab run` finds it by. Default: its id. */
  readonly selector?: string | undefined
  /** Folder for this scenario's artefacts; absent: none are written. */
  readonly out?: string | undefined
  /** What a report calls that folder. */
  readonly outShown?: string | undefined
  /** Sees every row as it comes. */
  readonly onRow?: ((row: Row) => void) | undefined
  readonly onProgress?: ((now_ns: number) => void) | undefined
  /** Other luck, and other boxes, for the simulated machines: see sim/world.ts. */
  readonly dice?: RunOptions['dice'] | undefined
  readonly faulty?: RunOptions['faulty'] | undefined
}

/** Runs a scenario in the simulator and judges it. Never throws for what a user wrote: that is a verdict with a reason. */
export function runOne(named: NamedScenario, options: RunOneOptions): Verdict {
  const started = performance.now()
  const refusal = refusalOf(named, options, simWorld.supports(named.scenario, options.cast), started)
  return refusal ?? runSupported(named, options, started)
}

/** Why it is not run; undefined: it is. */
function refusalOf(
  named: NamedScenario,
  options: RunOneOptions,
  support: Support,
  started: number,
): Verdict | undefined {
  const problems = checkScenario(named.scenario)
  if (problems.length > 0) {
    const because = problems
      .map(each =>
        problemText({
          path: each.path,
          what: each.reason,
          instead: each.instead === undefined ? undefined : `write ${each.instead}`,
        }),
      )
      .join('\n')
    return verdictOf(named, options, { verdict: 'fail', because: `the scenario is not valid: ${because}`, started })
  }
  if (support.ok) return undefined
  return verdictOf(named, options, { verdict: support.verdict, because: support.because, started })
}

/** The verdict on a scenario that was not run to its end. */
export function notRun(
  named: NamedScenario,
  options: RunOneOptions,
  verdict: 'skipped' | 'inconclusive',
  because: string,
): Verdict {
  return verdictOf(named, options, { verdict, because, started: performance.now() })
}

/** What a world could not do with a scenario that it had taken on. */
export class NotRun extends Error {
  readonly verdict: 'skipped' | 'inconclusive'
  constructor(verdict: 'skipped' | 'inconclusive', because: string) {
    super(because)
    this.name = 'NotRun'
    this.verdict = verdict
  }
}

/** As `runOne`, in another world than the simulator. `play` may reject with NotRun. */
export async function runOneElsewhere(
  named: NamedScenario,
  options: RunOneOptions,
  support: Support,
  play: (run: RunOptions) => Promise<RunEnd>,
): Promise<Verdict> {
  const started = performance.now()
  const refusal = refusalOf(named, options, support, started)
  if (refusal !== undefined) return refusal
  const run = openRun(named, options, started)
  try {
    return run.finish(await play(run.options))
  } catch (error) {
    run.abandon()
    if (!(error instanceof NotRun)) throw error
    return verdictOf(named, options, { verdict: error.verdict, because: error.message, started })
  }
}

/** As `runOne`, for a cast in which others than ours take part, as guests. */
export async function runOneWithGuests(
  named: NamedScenario,
  options: RunOneOptions,
  guests: Pick<Guests, 'start'>,
): Promise<Verdict> {
  const started = performance.now()
  const refusal = refusalOf(named, options, supportsGuests(named.scenario, options.cast), started)
  if (refusal !== undefined) return refusal
  const run = openRun(named, options, started)
  try {
    return run.finish(await runGuests({ ...run.options, ...run.guests, start: wanted => guests.start(wanted) }))
  } catch (error) {
    run.abandon()
    throw error
  }
}

function runSupported(named: NamedScenario, options: RunOneOptions, started: number): Verdict {
  const run = openRun(named, options, started)
  try {
    return run.finish(simWorld.run(run.options))
  } catch (error) {
    run.abandon()
    throw error
  }
}

/** Everything that listens to a run, and what it comes to. */
interface OpenRun {
  readonly options: RunOptions
  /** What guests say of themselves at the end is kept where evidence is. */
  readonly guests: Pick<GuestRunOptions, 'snapshot'>
  finish(end: RunEnd): Verdict
  abandon(): void
}

function openRun(named: NamedScenario, options: RunOneOptions, started: number): OpenRun {
  const hash = createHash('sha256')
  const encoder = new CanonicalEncoder(chunk => hash.update(chunk))
  const checks = evaluate(named, options.cast)
  const story = createStory()
  const evidence = options.out === undefined ? undefined : openEvidence(options.out, named, options)
  const sinks: TraceSink[] = [encoder, checks.sink, story.sink, ...(evidence?.sinks ?? [])]
  if (options.onRow !== undefined) sinks.push({ row: options.onRow })
  return {
    options: {
      scenario: named.scenario,
      cast: options.cast,
      seed: options.seed,
      crypto: nodeCrypto,
      sink: fanOut(sinks),
      ...(options.onProgress === undefined ? {} : { progress: options.onProgress }),
      ...(options.dice === undefined ? {} : { dice: options.dice }),
      ...(options.faulty === undefined ? {} : { faulty: options.faulty }),
    },
    guests: evidence === undefined ? {} : { snapshot: evidence.snapshot },
    finish(end) {
      encoder.end()
      const outcomes = checks.finish(end)
      const artefacts = evidence?.finish(end, options.outShown ?? '') ?? {}
      return judge(named, options, {
        end,
        outcomes,
        artefacts,
        started,
        sha256: hash.digest('hex'),
        story: story.around,
      })
    },
    abandon: () => evidence?.abandon(),
  }
}

function fanOut(sinks: readonly TraceSink[]): TraceSink {
  return {
    row(row) {
      for (let i = 0; i < sinks.length; i++) sinks[i]?.row(row)
    },
  }
}

interface Judged {
  readonly end: RunEnd
  readonly outcomes: readonly CheckOutcome[]
  readonly artefacts: Readonly<Record<string, string>>
  readonly started: number
  readonly sha256: string
  readonly story: (at_ns: number | undefined, packets: readonly string[]) => string[]
}

function judge(named: NamedScenario, options: RunOneOptions, run: Judged): Verdict {
  const failed = run.outcomes.find(outcome => outcome.result === 'fail')
  const unsupported = run.outcomes.find(outcome => outcome.result === 'unsupported')
  const decisive = failed ?? unsupported
  const verdict: VerdictKind = failed ? 'fail' : unsupported ? 'unsupported' : 'pass'
  const because =
    decisive === undefined ? `all ${run.outcomes.length} checks hold` : `${decisive.name}: ${decisive.actual}`
  return {
    ...verdictOf(named, options, { verdict, because, started: run.started }),
    expected: decisive?.expected ?? '',
    actual: decisive?.actual ?? '',
    checks: run.outcomes,
    virtual_s: run.end.ended_at / 1e9,
    trace_sha256: run.sha256,
    artefacts: run.artefacts,
    warnings: run.end.warnings,
    ...(failed === undefined ? {} : { story: run.story(failed.at, failed.packets ?? []) }),
  }
}

function verdictOf(
  named: NamedScenario,
  options: RunOneOptions,
  of: { verdict: VerdictKind; because: string; started: number },
): Verdict {
  return {
    id: named.id,
    title: named.scenario.title,
    world: options.world ?? 'sim',
    // NATs and routers are named where somebody else plays them.
    cast: {
      ...Object.fromEntries(Object.keys(named.scenario.hosts).map(host => [host, 'ours'])),
      ...options.cast,
    },
    seed: options.seed,
    verdict: of.verdict,
    because: of.because,
    requirements: named.scenario.requirements ?? [],
    claims: named.scenario.claims ?? [],
    expected: '',
    actual: '',
    checks: [],
    virtual_s: 0,
    wall_ms: Math.round(performance.now() - of.started),
    trace_sha256: '',
    artefacts: {},
    reproduce: reproduceText(options.selector ?? named.id, options.seed, options.cast, options.world),
    warnings: [],
  }
}

interface Evidence {
  readonly sinks: readonly TraceSink[]
  /** Becomes `inside-MACHINE.txt`. */
  readonly snapshot: (machine: string, text: string) => void
  finish(end: RunEnd, shown: string): Record<string, string>
  abandon(): void
}

const FILES = { trace: 'trace.jsonl', capture: 'capture.pcapng', ladder: 'ladder.mmd', svg: 'ladder.svg' } as const

/** Writes beside the final names and renames all at the end, so that a run that is cut off leaves no half file that looks whole. */
function openEvidence(folder: string, named: NamedScenario, { seed, world = 'sim' }: RunOneOptions): Evidence {
  mkdirSync(folder, { recursive: true })
  const partial = (kind: keyof typeof FILES) => partialPath(join(folder, FILES[kind]))
  let file: number | undefined = openSync(partial('trace'), 'w')
  const append = (data: string | Uint8Array) => {
    // Not writeSync: on a full disk that writes a part and says nothing.
    if (file !== undefined && data.length > 0) writeFileSync(file, data)
  }
  const close = () => {
    if (file !== undefined) closeSync(file)
    file = undefined
  }
  let pending: string[] = []
  const flush = () => {
    append(pending.join(''))
    pending = []
  }
  const lines: TraceSink = {
    row(row) {
      pending.push(`${rowToJson(row)}\n`)
      if (pending.length >= 1024) flush()
    },
  }
  const capture = createCapture({
    epoch: EPOCH,
    application: `wglab ${VERSION}`,
    about: `${named.id}, seed ${seed}, world ${world}`,
  })
  const ladder = createLadder({ title: named.scenario.title })
  const inside = new Map<string, string>()
  return {
    snapshot: (machine, text) => inside.set(machine, text),
    sinks: [lines, capture.sink, ladder.sink],
    finish(end, shown) {
      flush()
      close()
      file = openSync(partial('capture'), 'w')
      capture.finish(end, append)
      close()
      const drawn = ladder.finish(end)
      writeFileSync(partial('ladder'), drawn.mermaid)
      writeFileSync(partial('svg'), drawn.svg)
      const kinds = Object.keys(FILES) as (keyof typeof FILES)[]
      for (const kind of kinds) renameSync(partial(kind), join(folder, FILES[kind]))
      for (const [machine, text] of inside) writeFileSync(join(folder, `inside-${machine}.txt`), text)
      return Object.fromEntries([
        ...kinds.map(kind => [kind, join(shown, FILES[kind])]),
        ...[...inside.keys()].map(machine => [`inside-${machine}`, join(shown, `inside-${machine}.txt`)]),
      ])
    },
    abandon() {
      close()
      for (const kind of Object.keys(FILES) as (keyof typeof FILES)[]) rmSync(partial(kind), { force: true })
    },
  }
}
