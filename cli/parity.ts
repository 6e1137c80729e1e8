/** `wglab parity`: one scenario, two casts, and whether anybody on the wire could tell them apart. */
import { Command, InvalidArgumentError, Option } from 'commander'
import picocolors from 'picocolors'
import { type ParityTextOptions, parityMarkdown, parityText } from '../reports/parity.ts'
import { staleEntries } from '../scenarios/checks/parity-known.ts'
import { generateScenario } from '../scenarios/generate/scenario.ts'
import type { KnownDifference, ParityReport, ParityResult } from '../scenarios/language/parity.ts'
import type { Cast, NamedScenario } from '../scenarios/language/scenario.ts'
import { isGuest, supportsGuests } from '../sim/guest/supports.ts'
import { wantsColor } from './colour.ts'
import { EXIT, type ExitStatus, UserError } from './exit.ts'
import { cast, positive, seed } from './options.ts'
import { VERSION } from './package.ts'
import { Crew } from './parity-crew.ts'
import { runGenerated } from './parity-generated.ts'
import { readKnownDifferences } from './parity-known.ts'
import { comparePair, divergenceText, type Pair } from './parity-pair.ts'
import { seatsOf } from './parity-seats.ts'
import type { Smallest } from './parity-smaller.ts'
import { print } from './print.ts'
import { createProgress } from './progress.ts'
import { quoted } from './reproduce.ts'
import { select } from './select.ts'
import { raise, watchSignals } from './signals.ts'

/** One implementation for every seat that it can play, or who plays which. */
export type Players = string | Cast

export interface ParityFlags {
  readonly cast: Players
  readonly against: Players
  readonly seats?: 'all' | 'each'
  readonly seed?: string
  readonly jobs: number
  readonly draws: number
  readonly known?: string
  readonly generated?: number
  readonly reporter: 'terminal' | 'markdown'
  readonly json?: boolean
  readonly allowSkip?: boolean
}

export function parityCommand(): Command {
  return new Command('parity')
    .description(
      'Run each scenario under two casts with one seed and compare what they send: the same verdicts, messages and sizes, times within jitter and a step of the timer wheel. Without a selector: the whole catalogue.',
    )
    .argument('[scenarios...]', 'ids or globs of the catalogue, or files (.yaml, .json, .ts)')
    .option('--cast <a>', 'cast A: an implementation, or HOST=IMPL,...', players, 'ours')
    .option(
      '--against <b>',
      'cast B: an implementation for all seats it can play, or HOST=IMPL,...',
      players,
      'kernel-6.12',
    )
    .addOption(
      new Option(
        '--seats <which>',
        'all seats at once, or each alone (default: all; of a generated one, each in turn)',
      ).choices(['all', 'each']),
    )
    .option('--seed <seed>', "the seed (default: the scenario's own, else 1)", seed)
    .option('--jobs <n>', 'comparisons at a time', positive, 2)
    .option('--draws <n>', 'other draws of jitter that are tried before a difference counts', positive, 64)
    .option('--known <file>', "the known differences (default: the lab's own scenarios/known-differences.json)")
    .option('--generated <n>', 'n random scenarios in place of written ones; a difference is shrunk', positive)
    .addOption(new Option('--reporter <name>', 'what is printed').choices(['terminal', 'markdown']).default('terminal'))
    .addOption(new Option('--json', 'everything, as JSON').conflicts('reporter'))
    .option('--allow-skip', 'end with 0 even if the cast can not play here')
    .addHelpText(
      'after',
      '\nExamples:\n  wglab parity handshake/one-round-trip\n  wglab parity nat/mapping-expires --seats each --against wireguard-go\n  wglab parity --generated 20 --seed 7\n',
    )
    .action(async (selectors: string[], flags: ParityFlags) => {
      process.exitCode = await parity(selectors, flags)
    })
}

export function players(text: string): Players {
  if (/^[^=,\s]+$/.test(text)) {
    if (text === 'ours' || isGuest(text)) return text
    throw new InvalidArgumentError('write ours, kernel-6.12, kernel-6.1, wireguard-go, boringtun, or HOST=IMPL,…')
  }
  return cast(text)
}

/** Compares, prints, and returns the exit status. */
export async function parity(selectors: readonly string[], flags: ParityFlags): Promise<ExitStatus> {
  if (flags.generated !== undefined && selectors.length > 0)
    throw new UserError('name scenarios or write --generated N, not both')
  const known = readKnownDifferences(flags.known)
  const stop = watchSignals()
  const crew = new Crew(
    [flags.cast, flags.against].flatMap(each => (typeof each === 'string' ? [each] : Object.values(each))),
  )
  stop.onSignal(() => void crew.stop())
  let results: readonly ParityResult[] = []
  let smallest: Smallest | undefined
  try {
    if (flags.generated === undefined) results = await compareAll(await select(selectors), flags, known, crew)
    else ({ results, smallest } = await compareGenerated(flags.generated, flags, crew))
  } catch (error) {
    if (stop.signal === undefined) throw error
  } finally {
    await crew.stop()
    stop.end()
  }
  if (stop.signal !== undefined) raise(stop.signal)
  const report = reportOf(results, known, smallest)
  await print(shown(report, flags))
  return statusOf(report, flags, selectors.length > 0)
}

export interface Seating {
  readonly a: Cast
  readonly b: Cast
}

/** Who plays what: all seats, or one seat after the other. A text: why nobody can. */
export function seatings(
  { scenario }: NamedScenario,
  flags: Pick<ParityFlags, 'cast' | 'against' | 'seats'>,
): Seating[] | string {
  const seats = seatsOf(scenario)
  if (typeof seats === 'string') return seats
  const reasons: string[] = []
  const full = (side: Players): Cast =>
    Object.fromEntries(
      seats.flatMap(host => {
        const implementation = typeof side === 'string' ? side : (side[host] ?? 'ours')
        if (implementation === 'ours') return []
        const support = supportsGuests(scenario, { [host]: implementation })
        if (!support.ok) reasons.push(support.because)
        return support.ok ? [[host, implementation]] : []
      }),
    )
  const [a, b] = [full(flags.cast), full(flags.against)]
  const different = seats.filter(host => (a[host] ?? 'ours') !== (b[host] ?? 'ours'))
  if (different.length === 0) return reasons[0] ?? 'both casts are the same'
  if (flags.seats !== 'each') return [{ a, b }]
  return different.map(host => ({ a, b: { ...a, [host]: b[host] ?? 'ours' } }))
}

async function compareAll(
  selected: readonly (NamedScenario & { readonly selector: string })[],
  flags: ParityFlags,
  known: readonly KnownDifference[],
  crew: Crew,
): Promise<ParityResult[]> {
  const jobs = selected.flatMap((named): (() => Promise<ParityResult>)[] => {
    const seated = seatings(named, flags)
    const seedOf = flags.seed ?? named.scenario.seed ?? '1'
    const { id, scenario, selector } = named
    if (typeof seated === 'string') return [async () => notCompared({ id, scenario }, seedOf, 'unsupported', seated)]
    return seated.map(({ a, b }) => async () => {
      const pair = { named, seed: seedOf, a, b, known, draws: flags.draws, strict: true }
      return compare({ ...pair, reproduce: reproduce(selector, seedOf, a, b) }, crew)
    })
  })
  const progress = createProgress()
  const results: ParityResult[] = []
  let next = 0
  let done = 0
  const work = async () => {
    for (let at = next++; at < jobs.length; at = next++) {
      const result = await jobs[at]!()
      results[at] = result
      progress.say(`${++done}/${jobs.length}  ${result.scenario}`)
    }
  }
  try {
    await Promise.all(Array.from({ length: Math.min(flags.jobs, jobs.length) }, work))
  } finally {
    progress.end()
  }
  return results
}

async function compareGenerated(
  count: number,
  flags: ParityFlags,
  crew: Crew,
): Promise<{ results: readonly ParityResult[]; smallest: Smallest | undefined }> {
  const seats = flags.seats ?? 'each'
  const text = (side: Players) =>
    typeof side === 'string'
      ? side
      : Object.entries(side)
          .map(([host, who]) => `${host}=${who}`)
          .join(',')
  const { results, smallest, lacks } = await runGenerated({
    count,
    seed: flags.seed ?? '1',
    jobs: flags.jobs,
    draws: flags.draws,
    crew,
    seats: named => seatings(named, { ...flags, seats }),
    words: ['--seats', seats, '--cast', text(flags.cast), '--against', text(flags.against)],
  })
  if (lacks === undefined) return { results, smallest }
  const none = generateScenario(flags.seed ?? '1')
  return { results: [...results, notCompared(none, flags.seed ?? '1', 'skipped', lacks)], smallest }
}

/** As `comparePair`, where the machine can. */
export async function compare(pair: Pair, crew: Crew): Promise<ParityResult> {
  const result = await crew.with(guests => comparePair(pair, guests))
  return 'lacks' in result ? notCompared(pair.named, pair.seed, 'skipped', result.lacks) : result
}

export function notCompared(
  { id, scenario }: NamedScenario,
  seedOf: string,
  outcome: 'unsupported' | 'skipped',
  because: string,
): ParityResult {
  return {
    scenario: id,
    title: scenario.title,
    seed: seedOf,
    a: {},
    b: {},
    outcome,
    because,
    messages: { a: 0, b: 0 },
    divergences: [],
    known: [],
    story: { a: [], b: [] },
    wall_ms: 0,
    reproduce: '',
  }
}

function reproduce(selector: string, seedOf: string, a: Cast, b: Cast): string {
  const text = (side: Cast) =>
    Object.entries(side)
      .map(([host, who]) => `${host}=${who}`)
      .join(',')
  const words = [selector, '--seed', seedOf, ...(text(a) === '' ? [] : ['--cast', text(a)]), '--against', text(b)]
  return `npx wglab parity ${words.map(quoted).join(' ')}`
}

export function reportOf(
  results: readonly ParityResult[],
  known: readonly KnownDifference[],
  smallest?: Smallest,
): ParityReport {
  const count = (outcome: ParityResult['outcome']) => results.filter(each => each.outcome === outcome).length
  return {
    schema: 'wglab/parity@1',
    tool: { name: 'wglab', version: VERSION },
    totals: {
      same: count('same'),
      chance: count('chance'),
      known: count('known'),
      differs: count('differs'),
      unsupported: count('unsupported'),
      skipped: count('skipped'),
    },
    known: known.length,
    stale: staleEntries(known, results),
    results,
    ...(smallest === undefined ? {} : { smallest }),
  }
}

function shown(report: ParityReport, { json, reporter }: ParityFlags): string {
  if (json === true) return `${JSON.stringify(report, null, 2)}\n`
  if (reporter === 'markdown') return parityMarkdown(report, divergenceText)
  const { bold, dim, red, green } = picocolors.createColors(wantsColor())
  const options: ParityTextOptions = { bold, dim, red, green, say: divergenceText }
  return parityText(report, options)
}

/** A comparison is asked for by name: where a cast can not play here, that is told by the status. */
function statusOf({ totals, stale }: ParityReport, { allowSkip }: ParityFlags, named: boolean): ExitStatus {
  if (totals.differs > 0) return EXIT.failed
  if (stale.length > 0) return EXIT.knownFailurePassed
  const missing = totals.skipped > 0 || (named && totals.unsupported > 0)
  return missing && allowSkip !== true ? EXIT.missing : EXIT.ok
}
