/** `wglab shrink`: a scenario that fails, or under which two casts differ, with everything left out that it does not need. */
import { Command, Option } from 'commander'
import { stringify } from 'yaml'
import { chanceOf } from '../scenarios/generate/chance.ts'
import { generateScenario } from '../scenarios/generate/scenario.ts'
import { type ShrinkOptions, shrinkScenario } from '../scenarios/generate/shrink.ts'
import { withNamedSteps } from '../scenarios/generate/simpler.ts'
import type { Cast, NamedScenario, Scenario } from '../scenarios/language/scenario.ts'
import type { Verdict } from '../scenarios/language/verdict.ts'
import { checkScenario } from '../sim/check.ts'
import { isGuest } from '../sim/guest/supports.ts'
import { runOne, runOneWithGuests } from './evidence.ts'
import { EXIT, type ExitStatus, UserError } from './exit.ts'
import { writeWhole } from './files.ts'
import { cast, positive, seed } from './options.ts'
import { type Players, players, seatings } from './parity.ts'
import { Crew } from './parity-crew.ts'
import { readKnownDifferences } from './parity-known.ts'
import { Looker } from './parity-look.ts'
import { differenceKind, smallerPair } from './parity-smaller.ts'
import { print } from './print.ts'
import { createProgress, type Progress } from './progress.ts'
import { quoted, reproduceText } from './reproduce.ts'
import { select } from './select.ts'
import { failureReason, failureReasons } from './shrink-reason.ts'
import { raise, type Stop, watchSignals } from './signals.ts'
import { systemText } from './system.ts'

export interface ShrinkFlags {
  readonly generatedSeed?: string
  readonly cast: Cast
  readonly against?: Players
  readonly seats?: 'all' | 'each'
  readonly seed?: string
  readonly questions: number
  readonly draws: number
  readonly out?: string
  readonly json?: boolean
}

export function shrinkCommand(): Command {
  return new Command('shrink')
    .description(
      'Make a scenario that fails as small as it can be and still fail for the same reason: by the same check, or, with --against, because two casts differ in the same kind of message. Nothing in the result can be left out.',
    )
    .argument('[scenario]', 'an id of the catalogue, or a file (.yaml, .json, .ts)')
    .option('--generated-seed <seed>', 'the generated scenario of this seed; compared against kernel-6.12', seed)
    .addOption(
      new Option('--cast <host=impl,...>', 'who plays which host').argParser(cast).default({}, 'ours plays all'),
    )
    .option('--against <b>', 'a second cast: what counts is that the two differ, as in wglab parity', players)
    .addOption(
      new Option(
        '--seats <which>',
        'with --against: all seats at once, or the first alone in which they differ',
      ).choices(['all', 'each']),
    )
    .option('--seed <seed>', "the seed (default: the scenario's own, else 1)", seed)
    .option('--questions <n>', 'scenarios that are tried at most', positive, 2000)
    .option('--draws <n>', 'with --against: other draws of jitter before a difference counts', positive, 24)
    .option('--out <file>', 'where the small one goes, .yaml or .json (default: NAME.min.yaml here)')
    .option('--json', 'what came of it, as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  wglab shrink my-lab.yaml\n  wglab shrink my-lab.yaml --against kernel-6.12 --out small.yaml\n  wglab shrink --generated-seed 17\n\nCtrl-C writes the smallest so far.',
    )
    .action(async (selector: string | undefined, flags: ShrinkFlags) => {
      process.exitCode = await shrink(selector, flags)
    })
}

/** What is made smaller, and under what. */
interface Task {
  readonly named: NamedScenario
  /** The word that selects it. */
  readonly selector: string
  readonly seed: string
  /** Two casts to compare; undefined: one cast that fails. */
  readonly b: Cast | undefined
  readonly a: Cast
}

interface Found {
  readonly scenario: Scenario
  readonly reason: string
  readonly asked: number
  readonly minimal: boolean
}

/** Makes it smaller, writes it, and returns the exit status. Throws UserError where nothing fails. */
export async function shrink(selector: string | undefined, flags: ShrinkFlags): Promise<ExitStatus> {
  const task = await taskOf(selector, flags)
  const out = fileOf(task, flags)
  const stop = watchSignals()
  const crew = new Crew([...Object.values(task.a), ...Object.values(task.b ?? {})])
  stop.onSignal(() => void crew.stop())
  const progress = createProgress()
  let found: Found | undefined
  try {
    const options = shrinkOptions(task, flags, { stop, progress })
    found =
      task.b === undefined
        ? await smallerFailure(task, crew, options)
        : await smallerDifference(task, flags, crew, options)
  } catch (error) {
    if (stop.signal === undefined) throw error
  } finally {
    progress.end()
    await crew.stop()
    stop.end()
  }
  if (found !== undefined) {
    write(out, task, found)
    await print(shown(out, task, found, flags))
  }
  if (stop.signal !== undefined) raise(stop.signal)
  return EXIT.ok
}

async function taskOf(selector: string | undefined, flags: ShrinkFlags): Promise<Task> {
  const { generatedSeed } = flags
  if ((selector === undefined) === (generatedSeed === undefined))
    throw new UserError('name one scenario, or write --generated-seed N')
  const generated = generatedSeed === undefined ? undefined : generateScenario(generatedSeed)
  const chosen = generated === undefined ? await select([selector ?? '']) : [{ ...generated, selector: generated.id }]
  const [one, ...others] = chosen
  if (one === undefined || others.length > 0)
    throw new UserError(`${selector} selects ${chosen.length} scenarios: one is made smaller at a time`)
  const named = { id: one.id, scenario: withNamedSteps(one.scenario) }
  checkCast(named, flags.cast)
  const seedOf = flags.seed ?? one.scenario.seed ?? '1'
  const against = flags.against ?? (generated === undefined ? undefined : 'kernel-6.12')
  const task = { named, selector: one.selector, seed: seedOf, a: flags.cast, b: undefined }
  if (against === undefined) return task
  const seats = flags.seats ?? (generated === undefined ? 'all' : 'each')
  const seated = seatings(named, { cast: flags.cast, against, seats })
  if (typeof seated === 'string') throw new UserError(`${one.id} can not be compared: ${seated}`, EXIT.missing)
  // As `wglab parity --generated` chooses.
  const place = generated === undefined ? 0 : chanceOf(`seat/${generatedSeed}`).below(seated.length)
  return { ...task, ...seated[place] }
}

function checkCast({ id, scenario }: NamedScenario, players: Cast): void {
  const machines = Object.keys({ ...scenario.hosts, ...scenario.nats, ...scenario.routers })
  for (const host of Object.keys(players)) {
    if (machines.includes(host)) continue
    const known = Object.keys(scenario.hosts).join(', ')
    throw new UserError(`--cast ${host}=…: ${id} has no host "${host}" (hosts: ${known})`)
  }
}

function fileOf({ named }: Task, { out }: ShrinkFlags): string {
  const base = named.id.split(/[/\\]/).filter(part => part !== '..' && part !== '.')
  const path = out ?? `${base.join('-')}.min.yaml`
  if (!/\.(ya?ml|json)$/.test(path)) throw new UserError(`--out ${path}: write a name that ends in .yaml or .json`)
  return path
}

function shrinkOptions(
  { named }: Task,
  { questions }: ShrinkFlags,
  { stop, progress }: { stop: Stop; progress: Progress },
): ShrinkOptions {
  let least = sizeText(named.scenario)
  return {
    can: scenario => checkScenario(scenario).length === 0,
    most: questions,
    stopped: () => stop.signal !== undefined,
    onSmaller: scenario => {
      least = sizeText(scenario)
    },
    onQuestion: asked => progress.say(`${asked} tried, smallest so far: ${least}`),
  }
}

async function smallerFailure(task: Task, crew: Crew, options: ShrinkOptions): Promise<Found> {
  const { named, seed: seedOf, a } = task
  const guests = Object.values(a).some(isGuest)
  const run = async (scenario: Scenario): Promise<Verdict> => {
    const one = { id: named.id, scenario }
    const players = Object.fromEntries(
      Object.entries(a).filter(([host]) => host in { ...scenario.hosts, ...scenario.nats, ...scenario.routers }),
    )
    if (!guests) return runOne(one, { cast: players, seed: seedOf })
    const verdict = await crew.with(opened => runOneWithGuests(one, { cast: players, seed: seedOf }, opened!))
    if ('lacks' in verdict) throw new UserError(verdict.lacks, EXIT.missing)
    return verdict
  }
  const first = await run(named.scenario)
  const reason = failureReason(first)
  if (reason === undefined) throw new UserError(nothingFails(task, `${first.verdict}: ${first.because}`))
  const holds = async (candidate: Scenario): Promise<boolean> => {
    // A turn for whoever presses Ctrl-C: a run in the simulator waits for nobody.
    await new Promise<void>(resolve => void setImmediate(resolve))
    try {
      return failureReasons(await run(candidate)).includes(reason)
    } catch (error) {
      if (error instanceof UserError) throw error
      return false
    }
  }
  return { ...(await shrinkScenario(named.scenario, holds, options)), reason }
}

async function smallerDifference(task: Task, flags: ShrinkFlags, crew: Crew, options: ShrinkOptions): Promise<Found> {
  const { named, seed: seedOf, a, b = {} } = task
  const looker = new Looker(crew)
  try {
    const known = readKnownDifferences()
    const pair = { named, seed: seedOf, a, b, known, draws: flags.draws, reproduce: '' }
    const first = await looker.look(pair)
    if ('lacks' in first) throw new UserError(first.lacks, EXIT.missing)
    if (first.outcome !== 'differs') throw new UserError(nothingFails(task, `${first.outcome}: ${first.because}`))
    const smallest = await smallerPair(pair, first, looker, options)
    return { ...smallest, reason: differenceKind(smallest.result.divergences[0]) }
  } finally {
    await looker.close()
  }
}

function nothingFails({ named, seed: seedOf, b }: Task, what: string): string {
  const help =
    b === undefined
      ? 'to look for what two implementations do differently, write --against kernel-6.12'
      : 'another seed may differ: wglab parity tells'
  return `${named.id} does not fail with seed ${seedOf} (${what}), so there is nothing to make smaller; ${help}`
}

function write(out: string, task: Task, found: Found): void {
  const scenario = { ...found.scenario, seed: task.seed }
  const about = [
    `Made of ${task.named.id} by wglab shrink: it fails by ${found.reason}.`,
    ...(found.minimal ? [] : ['Not all was tried: it may get smaller yet.']),
    `Run it:  ${command(out, task)}`,
  ]
  const text = out.endsWith('.json')
    ? `${JSON.stringify(scenario, null, 2)}\n`
    : `${about.map(line => `# ${line}\n`).join('')}${stringify(scenario, { lineWidth: 0 })}`
  try {
    writeWhole(out, text)
  } catch (error) {
    throw new UserError(`${out}: can not be written: ${systemText(error)}`)
  }
}

/** The command that shows the same of the small one. */
function command(out: string, { seed: seedOf, a, b }: Task): string {
  if (b === undefined) return reproduceText(out, seedOf, a)
  const text = (side: Cast) =>
    Object.entries(side)
      .map(([host, who]) => `${host}=${who}`)
      .join(',')
  const words = [out, '--seed', seedOf, ...(text(a) === '' ? [] : ['--cast', text(a)]), '--against', text(b)]
  return `npx wglab parity ${words.map(quoted).join(' ')}`
}

function shown(out: string, task: Task, found: Found, { json }: ShrinkFlags): string {
  const { reason, asked, minimal } = found
  const reproduce = command(out, task)
  if (json === true) {
    const from = task.named.id
    const report = {
      schema: 'wglab/shrink@1',
      from,
      reason,
      asked,
      minimal,
      file: out,
      reproduce,
      scenario: found.scenario,
    }
    return `${JSON.stringify(report, null, 2)}\n`
  }
  const rest = minimal ? 'nothing in it can be left out' : 'not all was tried'
  return [
    `${task.named.id} fails by ${reason}`,
    `  was     ${sizeText(task.named.scenario)}`,
    `  now     ${sizeText(found.scenario)}; ${rest} (${asked} tried)`,
    `  written ${out}`,
    `  again   ${reproduce}`,
    '',
  ].join('\n')
}

function sizeText({ hosts, steps, ...rest }: Scenario): string {
  const bytes = JSON.stringify({ hosts, steps, ...rest }).length
  const plural = (count: number, word: string) => `${count} ${word}${count === 1 ? '' : 's'}`
  return `${plural(Object.keys(hosts).length, 'host')}, ${plural(steps.length, 'step')}, ${bytes} bytes`
}
