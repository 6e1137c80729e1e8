/** `wglab up`: what wg-quick up does, with an interface of our own. */
import { Command } from 'commander'
import { askTools, askUpFacts } from '../impl/linux/quick/facts.ts'
import { upBegin, upFinish } from '../impl/linux/quick/plan.ts'
import { quickUp } from '../impl/linux/quick/quick.ts'
import { QuickError, stepText } from '../impl/linux/quick/step.ts'
import { EXIT, UserError } from './exit.ts'
import { changeOf, readQuickFile } from './quick-file.ts'
import { raise, watchSignals } from './signals.ts'
import { startTunnel } from './tunnel.ts'

interface Flags {
  readonly plain?: boolean
  readonly dryRun?: boolean
  readonly json?: boolean
}

export function upCommand(): Command {
  return new Command('up')
    .description(
      'Bring up a tunnel from a wg-quick file: interface, keys, addresses, MTU, DNS, routes, firewall, hooks.',
    )
    .argument('<file>', 'a name in /etc/wireguard, such as wg0, or the path of a .conf file')
    .option('--dry-run', 'print what would be run, and run nothing')
    .option('--json', 'with --dry-run: as a JSON list')
    .option('--plain', "the plain data plane: Node's own files and sockets, slower")
    .addHelpText(
      'after',
      `
Examples:
  wglab up wg0
  wglab up ./office.conf --dry-run

What fails is taken back. "wglab down" and "wg-quick down" both end it.
`,
    )
    .action(async (file: string, flags: Flags) => {
      if (flags.json === true && flags.dryRun !== true) throw new UserError('--json goes with --dry-run')
      const { iface, conf } = readQuickFile(file, warn)
      const change = await changeOf(conf, warn)
      try {
        if (flags.dryRun === true) {
          const tools = askTools()
          const endpoints = (change.peers ?? []).flatMap(peer => peer.endpoint ?? [])
          const facts = askUpFacts(tools, endpoints)
          const steps = [...upBegin(iface, conf, change, tools), ...upFinish(iface, conf, change, facts)].map(stepText)
          process.stdout.write(
            flags.json === true ? `${JSON.stringify(steps, undefined, 2)}\n` : `${steps.join('\n')}\n`,
          )
          return
        }
        needRoot('up')
        const startDaemon = () => startTunnel(iface, flags.plain === true ? { plain: true } : {})
        await untilSignal(isStopped => quickUp({ iface, conf, onStep, isStopped, startTunnel: startDaemon }, change))
      } catch (error) {
        throw quickFailure(error)
      }
    })
}

export function onStep(text: string): void {
  process.stderr.write(`[#] ${text}\n`)
}

export function warn(text: string): void {
  process.stderr.write(`wglab: warning: ${text}\n`)
}

/** Ctrl-C ends the step that runs; then what was done is taken back, and we end by the signal. */
async function untilSignal(action: (isStopped: () => boolean) => Promise<void>): Promise<void> {
  const stop = watchSignals()
  try {
    await action(() => stop.signal !== undefined)
  } finally {
    stop.end()
    if (stop.signal !== undefined) raise(stop.signal)
  }
}

/** Interfaces, routes and firewalls are root's. */
export function needRoot(command: string): void {
  if (process.getuid?.() !== 0) throw new UserError(`wglab ${command} must run as root; try sudo`, EXIT.missing)
}

/** What a plan or its execution threw, as a mistake to be shown. */
export function quickFailure(error: unknown): unknown {
  if (!(error instanceof QuickError)) return error
  return new UserError(error.message, error.kind === 'missing' ? EXIT.missing : EXIT.failed)
}
