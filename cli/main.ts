/** wglab: the composition root. One file a command; this one only binds them. */
import { Command } from 'commander'
import { downCommand } from './down.ts'
import { EXIT } from './exit.ts'
import { initCommand } from './init.ts'
import { interopCommand } from './interop.ts'
import { kernelCommand } from './kernel.ts'
import { genkeyCommand, genpskCommand, pubkeyCommand } from './keys.ts'
import { listCommand } from './list.ts'
import { mtuCommand } from './mtu.ts'
import { natCommand } from './nat.ts'
import { netnsCommand } from './netns.ts'
import { VERSION } from './package.ts'
import { parityCommand } from './parity.ts'
import { watchOutput } from './print.ts'
import { runCommand } from './run.ts'
import { showCommand } from './show.ts'
import { shrinkCommand } from './shrink.ts'
import { statusOf } from './status.ts'
import { traceCommand } from './trace.ts'
import { tunnelCommand } from './tunnel.ts'
import { upCommand } from './up.ts'

/** Node's own status for a module that waits for what never comes. */
const NEVER_SETTLED = 13

const program = new Command('wglab')
  .description('A WireGuard conformance and simulation lab: one scenario, every world, any implementation.')
  .version(VERSION)
  .addHelpText(
    'after',
    `
Examples:
  wglab run                          the whole catalogue, in virtual time
  wglab run nat/mapping-expires      one scenario
  wglab run my-lab.yaml --seeds 100  your own, under 100 seeds
  wglab init                         write a scenario to start from

Exit status: 0 all required passed, 1 something failed, 2 wrong use or a bad file, 3 nothing matched,
4 the machine lacks something that was asked for, 5 not deterministic, 6 a known failure passed, 70 a bug of wglab.`,
  )
  .addCommand(runCommand())
  .addCommand(listCommand())
  .addCommand(traceCommand())
  .addCommand(natCommand())
  .addCommand(mtuCommand())
  .addCommand(initCommand())
  .addCommand(kernelCommand())
  .addCommand(interopCommand())
  .addCommand(parityCommand())
  .addCommand(netnsCommand())
  .addCommand(shrinkCommand())
  .addCommand(tunnelCommand())
  .addCommand(upCommand())
  .addCommand(downCommand())
  .addCommand(showCommand())
  .addCommand(genkeyCommand())
  .addCommand(pubkeyCommand())
  .addCommand(genpskCommand())

for (const command of [program, ...program.commands]) command.exitOverride().showHelpAfterError('(try --help)')

watchOutput()
process.on('exit', status => {
  if (status !== NEVER_SETTLED) return
  process.stderr.write('wglab: a scenario file does not load: it waits for something that never comes\n')
  process.exitCode = EXIT.usage
})

try {
  await program.parseAsync(process.argv)
} catch (error) {
  process.exitCode = statusOf(error)
}
