/** `wglab nat`: what NATs do. One file a subcommand. */
import { Command } from 'commander'
import { presetsCommand } from './nat-presets.ts'
import { probeCommand } from './nat-probe.ts'
import { punchCommand } from './nat-punch.ts'

export function natCommand(): Command {
  const command = new Command('nat')
    .description('Measure a NAT by its packets, print the presets, try to punch holes.')
    .addHelpText('after', '\nExample:\n  wglab nat probe --preset linux-masquerade\n')
    .addCommand(probeCommand())
    .addCommand(presetsCommand())
    .addCommand(punchCommand())
  for (const each of command.commands) each.exitOverride().showHelpAfterError('(try --help)')
  return command
}
