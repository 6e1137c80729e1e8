/** `wglab mtu`: which tunnel MTU works over which path, each cell by a run of the simulator. */
import { Command, InvalidArgumentError } from 'commander'
import { nodeCrypto } from '../impl/crypto/node/provider.ts'
import { DROPS } from '../impl/drops.ts'
import { HOST_DROPS } from '../sim/host/drops.ts'
import { DEFAULT_AXES, type MtuAxes, mtuTable } from '../sim/mtutable/table.ts'
import { NET_DROPS } from '../sim/net/drops.ts'
import { mtuText } from './mtu-text.ts'
import { print } from './print.ts'
import { createProgress } from './progress.ts'

interface MtuFlags {
  readonly path: readonly number[]
  readonly tunnel: readonly number[]
  readonly family?: '4' | '6'
  readonly json?: boolean
}

export function mtuCommand(): Command {
  return new Command('mtu')
    .description('Which tunnel MTU works over which path, and what TCP does: each cell is a run of the simulator.')
    .option('--path <bytes,...>', 'the largest IP packet of the path', sizes, DEFAULT_AXES.paths)
    .option('--tunnel <bytes,...>', 'MTU of the tunnel', sizes, DEFAULT_AXES.tunnels)
    .option('--family <4|6>', 'IP version outside (default: both)', family)
    .option('--json', 'every cell, as JSON')
    .addHelpText('after', '\nExample:\n  wglab mtu --path 1492 --tunnel 1420,1412 --family 6\n')
    .action(async (flags: MtuFlags) => {
      const axes: MtuAxes = {
        families: flags.family === undefined ? DEFAULT_AXES.families : [flags.family === '4' ? 4 : 6],
        paths: flags.path,
        tunnels: flags.tunnel,
      }
      const progress = createProgress()
      try {
        const cells = mtuTable(axes, nodeCrypto, (done, of) => progress.say(`${done}/${of} cells`))
        progress.end()
        await print(flags.json === true ? `${JSON.stringify(cells, null, 2)}\n` : mtuText(cells, axes, sentenceOf))
      } finally {
        progress.end()
      }
    })
}

const ON_THE_WAY: Readonly<Record<string, string>> = NET_DROPS
const IN_A_MACHINE: Readonly<Record<string, string>> = { ...HOST_DROPS, ...DROPS }

/** What a reason means in the box where it was given. */
export function sentenceOf(reason: string, at: string): string {
  return (at === 'internet' ? ON_THE_WAY : IN_A_MACHINE)[reason] ?? ''
}

function sizes(text: string): number[] {
  const values = text.split(',').map(Number)
  const wrong = values.find(value => !Number.isInteger(value) || value < 576 || value > 9000)
  if (wrong !== undefined) throw new InvalidArgumentError('write whole numbers from 576 to 9000: 1500,1492')
  if (values.length > 20) throw new InvalidArgumentError('write at most 20 sizes')
  return [...new Set(values)]
}

function family(text: string): string {
  if (text !== '4' && text !== '6') throw new InvalidArgumentError('write 4 or 6')
  return text
}
