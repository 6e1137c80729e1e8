/** `wglab interop`: every implementation with every other, in both seats, through the same tests. */
import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join, relative } from 'node:path'
import { Command, Option } from 'commander'
import { matrixMarkdown, matrixText } from '../reports/matrix.ts'
import { matrixHtml } from '../reports/matrix-page.ts'
import type { Cell, CellOutcome, InteropDifference, InteropReport } from '../scenarios/language/interop.ts'
import type { Verdict } from '../scenarios/language/verdict.ts'
import { wantsColor } from './colour.ts'
import { EXIT, type ExitStatus, UserError } from './exit.ts'
import { writeWhole } from './files.ts'
import { cellOf, readInteropDifferences, staleDifferences } from './interop-known.ts'
import { type Pairing, type Presence, pairings, presenceOf } from './interop-players.ts'
import { type JobResult, runTasks, type Task } from './jobs.ts'
import { folder, positive, seed } from './options.ts'
import { print } from './print.ts'
import { makeReport, prepareFolder } from './report.ts'
import { reproduceText } from './reproduce.ts'
import { type Selected, select } from './select.ts'
import { raise, type Stop, watchSignals } from './signals.ts'
import { systemText } from './system.ts'

export interface InteropFlags {
  readonly tests?: readonly string[]
  readonly seed: string
  readonly jobs?: number
  readonly out: string
  readonly known?: string
  readonly reporter: 'terminal' | 'markdown'
  readonly json?: boolean
  readonly allowSkip?: boolean
}

export function interopCommand(): Command {
  return new Command('interop')
    .description(
      'Let implementations meet, each in both seats, in virtual time, and show what came of it as a matrix. Without a name: ours and all that run in a guest. With one: that one with all others. With more: those among themselves.',
    )
    .argument('[implementations...]', 'ours, kernel-6.12, kernel-6.1, wireguard-go, boringtun, exec:PROGRAM')
    .option('--tests <names>', 'some of the tests alone: names or globs, with commas between', words)
    .option('--seed <seed>', 'the seed', seed, '1')
    .option('--jobs <n>', 'cells at a time (default: one for each processor)', positive)
    .option('--out <dir>', 'where the evidence goes, a folder for each cell', folder, 'reports/out/interop')
    .option('--known <file>', "the known differences (default: the lab's own scenarios/interop-differences.json)")
    .addOption(new Option('--reporter <name>', 'what is printed').choices(['terminal', 'markdown']).default('terminal'))
    .addOption(new Option('--json', 'print interop.json').conflicts('reporter'))
    .option('--allow-skip', 'end with 0 even if something that was asked for can not run here')
    .addHelpText(
      'after',
      '\nExamples:\n  wglab interop\n  wglab interop ours kernel-6.12 --tests handshake,rekey-by-time\n  wglab interop wireguard-go --json | jq .totals\n',
    )
    .action(async (named: string[], flags: InteropFlags) => {
      process.exitCode = await interop(named, flags)
    })
}

function words(text: string): string[] {
  return text.split(',').map(word => word.trim())
}

/** A cell that is to be. */
interface Place extends Pairing {
  readonly test: Selected
  readonly lacks: string | undefined
  readonly evidence: string
}

/** Runs all cells, writes the evidence, prints the matrix; returns the exit status. */
export async function interop(named: readonly string[], flags: InteropFlags): Promise<ExitStatus> {
  const started = performance.now()
  const known = readInteropDifferences(flags.known)
  const tests = await testsOf(flags.tests)
  const { implementations, pairs } = pairings(named)
  const presence = new Map(
    await Promise.all(implementations.map(async name => [name, await presenceOf(name)] as const)),
  )
  prepareFolder(flags.out)
  const places = pairs.flatMap(pair =>
    tests.map(test => ({
      ...pair,
      test,
      lacks: presence.get(pair.initiator)?.lacks ?? presence.get(pair.responder)?.lacks,
      evidence: join(flags.out, folderName(pair), folderPart(test.id.replace(/^interop\//, ''))),
    })),
  )
  const stop = watchSignals()
  const result = await runPlaces(places, flags, stop).finally(() => stop.end())
  const report = reportOf({ implementations, presence, tests, flags, known }, result.cells, performance.now() - started)
  await finish(report, flags)
  if (stop.signal !== undefined) {
    process.stderr.write('wglab: interrupted: the matrix holds what was finished\n')
    raise(stop.signal)
  }
  if (result.trouble !== undefined) throw result.trouble
  return statusOf(report, flags.allowSkip === true ? [] : named)
}

/** The chapter `interop`, or those of it that are named. Throws UserError. */
async function testsOf(names: readonly string[] | undefined): Promise<Selected[]> {
  const tests = await select(names === undefined ? ['interop'] : names.map(name => `interop/${name}`))
  for (const { id, scenario } of tests) {
    if (scenario.hosts['initiator'] === undefined || scenario.hosts['responder'] === undefined) {
      throw new UserError(`${id}: a test of pairs has a host "initiator" and a host "responder"`)
    }
  }
  return tests
}

function folderName({ initiator, responder }: Pairing): string {
  return `${folderPart(initiator)}--${folderPart(responder)}`
}

/** Never out of the folder. */
function folderPart(text: string): string {
  return text.replaceAll(/[^A-Za-z0-9.-]/g, '_').replace(/^\.+/, '_')
}

async function runPlaces(
  places: readonly Place[],
  flags: InteropFlags,
  stop: Stop,
): Promise<{ cells: { place: Place; verdict: Verdict | undefined }[]; trouble: JobResult['trouble'] }> {
  const runs = places.filter(place => place.lacks === undefined)
  const tasks = runs.map(
    ({ test, initiator, responder, evidence }): Task => ({
      named: test,
      cast: { initiator, responder },
      seed: flags.seed,
      out: evidence,
      twice: false,
      label: `${initiator} → ${responder}: ${test.id.replace(/^interop\//, '')}`,
    }),
  )
  const { verdicts, trouble } = await runTasks(
    tasks,
    { jobs: flags.jobs ?? availableParallelism(), out: flags.out },
    stop,
  )
  const found = new Map(runs.map((place, at) => [place, verdicts[at]]))
  return { cells: places.map(place => ({ place, verdict: found.get(place) })), trouble }
}

interface Run {
  readonly implementations: readonly string[]
  readonly presence: ReadonlyMap<string, Presence>
  readonly tests: readonly Selected[]
  readonly flags: InteropFlags
  readonly known: readonly InteropDifference[]
}

function reportOf(
  { implementations, presence, tests, flags, known }: Run,
  done: readonly { place: Place; verdict: Verdict | undefined }[],
  wall_ms: number,
): InteropReport {
  const cells = done.map(({ place, verdict }) =>
    verdict === undefined ? skippedCell(place, flags.seed) : cellOf(pairOf(place), verdict, place.evidence, known),
  )
  const totals: Record<CellOutcome, number> = {
    pass: 0,
    known: 0,
    fail: 0,
    inconclusive: 0,
    unsupported: 0,
    skipped: 0,
  }
  for (const { outcome } of cells) totals[outcome]++
  const { tool, machine } = makeReport([], flags.seed)
  return {
    schema: 'wglab/interop@1',
    tool,
    machine,
    seed: flags.seed,
    implementations: implementations.map(name => ({ name, ...presence.get(name) })),
    tests: tests.map(({ id, scenario }) => ({ id, title: scenario.title })),
    totals,
    cells,
    differences: known.map((entry, place) => ({
      ...entry,
      used: cells.filter(cell => cell.known.includes(place)).length,
    })),
    stale: staleDifferences(cells, known),
    wall_ms: Math.round(wall_ms),
  }
}

function pairOf({ initiator, responder }: Pairing): Pairing {
  return { initiator, responder }
}

function skippedCell(place: Place, runSeed: string): Cell {
  return {
    test: place.test.id,
    ...pairOf(place),
    outcome: 'skipped',
    because: place.lacks ?? 'it was not run',
    failed: [],
    known: [],
    evidence: '',
    reproduce: reproduceText(place.test.selector, runSeed, { ...pairOf(place) }),
    virtual_s: 0,
    wall_ms: 0,
  }
}

async function finish(report: InteropReport, flags: InteropFlags): Promise<void> {
  const { out } = flags
  const json = `${JSON.stringify(report, null, 2)}\n`
  const page = join(out, 'index.html')
  const link = (cell: Cell) => {
    const ladder = join(cell.evidence, 'ladder.svg')
    return cell.evidence !== '' && existsSync(ladder) ? relative(out, ladder).replaceAll('\\', '/') : undefined
  }
  try {
    writeWhole(join(out, 'interop.json'), json)
    writeWhole(join(out, 'interop.md'), matrixMarkdown(report))
    writeWhole(page, matrixHtml(report, link))
  } catch (error) {
    throw new UserError(`--out ${out}: ${systemText(error)}`)
  }
  if (flags.json === true) await print(json)
  else if (flags.reporter === 'markdown') await print(matrixMarkdown(report))
  else await print(matrixText(report, { color: wantsColor(), out: page }))
}

/** `wanted`: implementations that were asked for by name, and therefore must have played. */
function statusOf({ totals, stale, cells, implementations }: InteropReport, wanted: readonly string[]): ExitStatus {
  if (totals.fail + totals.inconclusive > 0) return EXIT.failed
  if (stale.length > 0) return EXIT.knownFailurePassed
  const absent = implementations.flatMap(({ name, lacks }) => (lacks === undefined ? [] : [name]))
  const isMissing = ({ outcome, initiator, responder }: Cell): boolean => {
    if (outcome !== 'skipped' && outcome !== 'unsupported') return false
    const seats = [initiator, responder]
    // Where both are here, the cell itself could not be played.
    const culprits = seats.some(name => absent.includes(name)) ? absent : seats
    return seats.some(name => wanted.includes(name) && culprits.includes(name))
  }
  return cells.some(isMissing) ? EXIT.missing : EXIT.ok
}
