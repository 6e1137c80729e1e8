/** `wglab netns`: scenarios in Linux namespaces: what would be done, doing it, and clearing up after runs that were killed. */
import { Command, Option } from 'commander'
import { printPlan } from '../netns/plan/print.ts'
import { supportsNetns } from '../netns/plan/supports.ts'
import { clean, type Found } from '../netns/run/clean.ts'
import type { Cast } from '../scenarios/language/scenario.ts'
import { EXIT, UserError } from './exit.ts'
import { hostStart } from './netns-host.ts'
import { planOf } from './netns-world.ts'
import { cast, seed } from './options.ts'
import { print } from './print.ts'
import { runCommand } from './run.ts'
import { select } from './select.ts'

interface PlanFlags {
  readonly cast: Cast
  readonly seed?: string
  readonly netem: boolean
  readonly json?: boolean
}

export function netnsCommand(): Command {
  const command = new Command('netns')
    .description('Scenarios on real Linux: a network namespace for each machine, cables of veth, NATs of nftables.')
    .addHelpText(
      'after',
      '\nExample:\n  wglab netns plan handshake/one-round-trip\n  sudo wglab netns run handshake/one-round-trip --cast bob=wireguard-go\n  sudo wglab netns clean\n',
    )
  const children = [
    new Command('plan')
      .description('Print a scenario as a shell script, private keys left out; nothing is done.')
      .argument('<scenario>', 'an id of the catalogue, or a file (.yaml, .json, .ts)')
      .addOption(
        new Option('--cast <host=impl,...>', 'who plays which host').argParser(cast).default({}, 'ours plays all'),
      )
      .option('--seed <seed>', "the seed of its keys (default: the scenario's own, else 1)", seed)
      .option('--no-netem', 'for a kernel without netem: cables that name no delay have none')
      .option('--print', 'print it, as it does anyway')
      .option('--json', 'the plan as data, with key names in place of private keys')
      .addHelpText('after', '\nExample:\n  wglab netns plan nat/double-nat --cast alice=wireguard-go | less\n')
      .action(showPlan),
    runCommand('netns'),
    new Command('clean')
      .description('Remove the namespaces, links, processes and folders of runs that were killed; living runs stay.')
      .option('--json', 'for machines')
      .addHelpText('after', '\nExample:\n  sudo wglab netns clean --json | jq .removed\n')
      .action(cleanUp),
  ]
  for (const child of children) command.addCommand(child.exitOverride().showHelpAfterError('(try --help)'))
  return command
}

/** Every time the same text: the names in it are those of no run. */
const PAPER = 'wglab-000000'

async function showPlan(selector: string, { cast, seed, netem, json }: PlanFlags): Promise<void> {
  const found = await select([selector])
  const [named] = found
  if (named === undefined || found.length > 1) {
    throw new UserError(`"${selector}" names ${found.length} scenarios; a plan is of one`)
  }
  const support = supportsNetns(named.scenario, cast, { netem })
  if (!support.ok) throw new UserError(`${named.id} can not run in namespaces: ${support.because}`, EXIT.missing)
  const run = { scenario: named.scenario, cast, seed: seed ?? named.scenario.seed ?? '1' }
  const { made } = planOf(run, { netem, startOf: hostStart }, PAPER)
  const files = made.files.map(({ named: text, ...file }) => (file.secret ? { ...file, text: text ?? '' } : file))
  await print(json === true ? `${JSON.stringify({ ...made, files })}\n` : printPlan(made, { secrets: false }))
}

async function cleanUp({ json }: { readonly json?: boolean }): Promise<void> {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) {
    throw new UserError('namespaces are removed by root: run it with sudo', EXIT.missing)
  }
  const { removed, failed } = await clean()
  await print(json === true ? `${JSON.stringify({ removed, failed })}\n` : cleanText(removed))
  if (failed.length > 0) throw new UserError(`not removed: ${failed.join('; ')}`, EXIT.failed)
}

function cleanText(removed: readonly Found[]): string {
  if (removed.length === 0) return 'nothing was left behind\n'
  return removed.map(({ kind, name }) => `removed ${kind} ${name}\n`).join('')
}
