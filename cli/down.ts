/** `wglab down`: takes away what `wglab up` made. */
import { Command } from 'commander'
import { quickDown } from '../impl/linux/quick/quick.ts'
import { readQuickFile } from './quick-file.ts'
import { startTunnel } from './tunnel.ts'
import { needRoot, onStep, quickFailure, warn } from './up.ts'

export function downCommand(): Command {
  return new Command('down')
    .description('End a tunnel that up made; routes, rules, firewall and DNS are as before.')
    .argument('<file>', 'the name or path that was given to up')
    .addHelpText('after', '\nExample:\n  wglab down wg0\n')
    .action(async (file: string) => {
      needRoot('down')
      const { iface, conf } = readQuickFile(file, warn)
      try {
        await quickDown({ iface, conf, onStep, isStopped: () => false, startTunnel: name => startTunnel(name, {}) })
      } catch (error) {
        throw quickFailure(error)
      }
    })
}
