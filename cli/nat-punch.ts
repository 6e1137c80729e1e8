/** `wglab nat punch`: which two NATs can two WireGuard peers punch through? Tried, pair by pair. */
import { extname } from 'node:path'
import { Command } from 'commander'
import picocolors from 'picocolors'
import { nodeCrypto } from '../impl/crypto/node/provider.ts'
import { type PunchTable, punchTable } from '../sim/natprobe/table.ts'
import { wantsColor } from './colour.ts'
import { UserError } from './exit.ts'
import { writeWhole } from './files.ts'
import { punchMarkdown, punchSvg, punchText } from './nat-punch-text.ts'
import { seed } from './options.ts'
import { print } from './print.ts'
import { createProgress } from './progress.ts'
import { systemText } from './system.ts'

interface PunchFlags {
  readonly json?: boolean
  readonly out?: string
  readonly seed: string
}

type Form = 'svg' | 'md' | 'json'

export function punchCommand(): Command {
  return new Command('punch')
    .description(
      'Try to punch a hole between two peers behind NATs: 3 mappings × 3 filterings × ports kept or random, each against each.',
    )
    .option('--json', 'the table with what each NAT threw away, as JSON')
    .option('--out <file>', 'write it to a .svg, .md or .json file')
    .option('--seed <text>', 'for keys and random ports', seed, '1')
    .addHelpText('after', '\nExample:\n  wglab nat punch --out punching.svg\n')
    .action(async (flags: PunchFlags) => {
      const form = flags.out === undefined ? undefined : formOf(flags.out)
      const progress = createProgress()
      const table = punchTable({
        seed: flags.seed,
        crypto: nodeCrypto,
        progress: (done, of) => progress.say(`${done}/${of} pairs`),
      })
      progress.end()
      if (flags.out !== undefined && form !== undefined) write(flags.out, inForm(table, form, flags.seed))
      if (flags.json === true) await print(inForm(table, 'json', flags.seed))
      else {
        const { green, red, dim } = picocolors.createColors(wantsColor())
        const hint = flags.out === undefined ? '' : `\n${flags.out} written.\n`
        await print(punchText(table, { good: green, bad: red, dim }) + hint)
      }
    })
}

function formOf(file: string): Form {
  switch (extname(file)) {
    case '.svg':
      return 'svg'
    case '.md':
      return 'md'
    case '.json':
      return 'json'
  }
  throw new UserError(`--out ${file}: write a name that ends in .svg, .md or .json`)
}

function inForm(table: PunchTable, form: Form, seed: string): string {
  switch (form) {
    case 'svg':
      return punchSvg(table)
    case 'md':
      return punchMarkdown(table)
    case 'json':
      return `${JSON.stringify({ schema: 'wglab/punch@1', seed, ...table }, null, 2)}\n`
  }
}

function write(file: string, text: string): void {
  try {
    writeWhole(file, text)
  } catch (error) {
    throw new UserError(`--out ${file}: ${systemText(error)}`)
  }
}
