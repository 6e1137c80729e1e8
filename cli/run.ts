/** `wglab run`: scenarios in, verdicts and evidence out. */
import type { Worker } from 'node:worker_threads'
import { Command, Option } from 'commander'
import { plain } from '../reports/escape.ts'
import type { Cast, NamedScenario } from '../scenarios/language/scenario.ts'
import type { Verdict } from '../scenarios/language/verdict.ts'
import { checkScenario } from '../sim/check.ts'
import { EXIT, type ExitStatus, UserError } from './exit.ts'
import { runAll } from './jobs.ts'
import { type KnownFailures, readKnownFailures } from './known-failures.ts'
import { cast, folder, positive, type Shard, seed, shard } from './options.ts'
import { print } from './print.ts'
import { problemText } from './problems.ts'
import { makeReport, prepareFolder, REPORTERS, type ReporterName, writeReports } from './report.ts'
import { type Selected, select } from './select.ts'
import { raise, watchSignals } from './signals.ts'
import { WORLDS, type WorldName } from './world-name.ts'

export interface RunFlags {
  readonly world: WorldName
  readonly cast: Cast
  readonly seed?: string
  readonly seeds: number
  readonly jobs?: number
  readonly shard?: Shard
  readonly out: string
  readonly reporter: ReporterName
  readonly json?: boolean
  readonly allowSkip?: boolean
  readonly verifyDeterminism?: boolean
  readonly knownFailures?: string
}

/** `netns`: the same command as a part of `wglab netns`. */
export function runCommand(world: 'sim' | 'netns' = 'sim'): Command {
  return new Command('run')
    .description('Run scenarios and judge them. Without a selector: the whole catalogue.')
    .argument('[selectors...]', 'ids or globs of the catalogue, or files (.yaml, .json, .ts)')
    .addOption(
      new Option('--world <world>', 'where: virtual time, Linux namespaces (needs root), or these in one guest')
        .choices(world === 'sim' ? WORLDS : WORLDS.filter(each => each !== 'sim'))
        .default(world),
    )
    .addOption(
      new Option('--cast <host=impl,...>', 'who plays which host').argParser(cast).default({}, 'ours plays all'),
    )
    .option('--seed <seed>', "the seed (default: the scenario's own, else 1)", seed)
    .option('--seeds <n>', 'run each scenario under n seeds, counted up from the seed', positive, 1)
    .option('--jobs <n>', 'scenarios at a time (default: as the machine allows)', positive)
    .option('--shard <i/n>', 'only the i-th of n parts of the selection', shard)
    .option('--out <dir>', 'where reports and artefacts go', folder, 'reports/out')
    .addOption(new Option('--reporter <name>', 'what is printed').choices(REPORTERS).default('terminal'))
    .addOption(new Option('--json', 'print report.json (the same as --reporter json)').conflicts('reporter'))
    .option('--allow-skip', 'end with 0 even if something that was asked for can not run here')
    .option('--verify-determinism', 'run everything twice and compare the traces')
    .option('--known-failures <file>', 'JSON: { "id": { "reason": "…" } }; these may fail, and must')
    .addHelpText(
      'after',
      '\nExample:\n  wglab run nat/mapping-expires --seed 7 --out /tmp/evidence\n  wglab run scenarios/catalogue/nat/*.ts --json | jq .totals\n  sudo wglab run handshake/one-round-trip --world netns --cast bob=wireguard-go\n',
    )
    .action(async (selectors: string[], flags: RunFlags) => {
      process.exitCode = await run(selectors, flags)
    })
}

/** Runs and reports; returns the exit status. */
export async function run(
  selectors: readonly string[],
  flags: RunFlags,
  newWorker?: () => Worker,
): Promise<ExitStatus> {
  const known = flags.knownFailures === undefined ? {} : readKnownFailures(flags.knownFailures)
  const selected = inShard(await select(selectors), flags.shard)
  if (flags.verifyDeterminism === true && flags.world !== 'sim')
    throw new UserError('--verify-determinism is for --world sim: real time is never the same twice')
  if (selected.length === 0) throw new UserError('nothing to run: this shard is empty', EXIT.nothingMatched)
  checkAmount(selected, flags)
  checkSense(selected)
  checkCast(selected, flags.cast)
  prepareFolder(flags.out)
  const stop = watchSignals()
  const result = await runAll(selected, flags, stop, newWorker)
  const report = makeReport(result.verdicts, flags.seed ?? '1')
  try {
    await print(writeReports(report, flags.out, flags.json === true ? 'json' : flags.reporter))
  } catch (error) {
    // A full disk has already been told, by what it kept from running.
    throw result.trouble ?? error
  } finally {
    stop.end()
  }
  if (stop.signal !== undefined) {
    process.stderr.write('wglab: interrupted: the report holds what was finished\n')
    raise(stop.signal)
  }
  if (result.trouble !== undefined) throw result.trouble
  if (result.different.length > 0) {
    const ids = [...new Set(result.different)].join(', ')
    const what = 'two runs with one seed gave different traces'
    throw new UserError(`not deterministic: ${what}: ${ids}`, EXIT.notDeterministic)
  }
  return statusOf(result.verdicts, flags, known)
}

function inShard(selected: Selected[], part: Shard | undefined): Selected[] {
  return part === undefined ? selected : selected.filter((_, position) => position % part.of === part.index - 1)
}

/** Beyond this a report can not be held, and nobody reads it. */
const MOST_RUNS = 100_000

function checkAmount(selected: readonly Selected[], { seeds }: RunFlags): void {
  const runs = selected.length * seeds
  if (runs > MOST_RUNS)
    throw new UserError(
      `${selected.length} scenarios under ${seeds} seeds are ${runs} runs; at most ${MOST_RUNS} at a time`,
    )
}

/** A scenario that makes no sense is a bad file, not a failed one: nothing runs until all are right. */
function checkSense(selected: readonly NamedScenario[]): void {
  const lines = selected.flatMap(({ id, scenario }) =>
    checkScenario(scenario).map(each =>
      problemText({
        file: id,
        path: each.path,
        what: each.reason,
        instead: each.instead === undefined ? undefined : `write ${each.instead}`,
      }),
    ),
  )
  if (lines.length > 0) throw new UserError(lines.join('\n'))
}

function checkCast(selected: readonly NamedScenario[], players: Cast): void {
  for (const host of Object.keys(players)) {
    const machines = ({ hosts, nats = {}, routers = {} }: NamedScenario['scenario']) =>
      Object.keys({ ...hosts, ...nats, ...routers })
    if (selected.some(each => machines(each.scenario).includes(host))) continue
    const hosts = [...new Set(selected.flatMap(each => Object.keys(each.scenario.hosts)))].join(', ')
    throw new UserError(`--cast ${host}=…: no selected scenario has a host "${host}" (hosts: ${hosts})`)
  }
}

function statusOf(verdicts: readonly Verdict[], flags: RunFlags, known: KnownFailures): ExitStatus {
  const isKnown = ({ id }: Verdict) => Object.hasOwn(known, id)
  const failing = verdicts.filter(each => each.verdict === 'fail' || each.verdict === 'inconclusive')
  for (const { id } of failing.filter(isKnown)) {
    process.stderr.write(`wglab: ${id} is known to fail: ${plain(known[id]?.reason ?? '')}\n`)
  }
  if (failing.some(each => !isKnown(each))) return EXIT.failed
  const passed = verdicts.find(each => each.verdict === 'pass' && isKnown(each))
  if (passed !== undefined) {
    throw new UserError(
      `${passed.id} passed, but ${flags.knownFailures} says it fails: take it off the list`,
      EXIT.knownFailurePassed,
    )
  }
  const asked = Object.keys(flags.cast).length > 0 || flags.world !== 'sim'
  const missing = verdicts.some(each => each.verdict === 'unsupported' || each.verdict === 'skipped')
  return missing && asked && flags.allowSkip !== true ? EXIT.missing : EXIT.ok
}
