/** `wglab list`: what the catalogue holds. */
import { Command } from 'commander'
import picocolors from 'picocolors'
import { plain } from '../reports/escape.ts'
import { LINK_PRESETS } from '../scenarios/language/link-presets.ts'
import { wantsColor } from './colour.ts'
import { print } from './print.ts'
import { select } from './select.ts'

export function listCommand(): Command {
  return new Command('list')
    .description('List scenarios: id and title.')
    .argument('[selectors...]', 'ids or globs of the catalogue, or files')
    .option('--json', 'id, title, claims, requirements, hosts and duration of each, as JSON')
    .option('--links', 'the presets of links instead: what each stands for, its values and where they are from')
    .addHelpText('after', '\nExample:\n  wglab list "nat/*"\n  wglab list --links\n')
    .action(async (selectors: string[], flags: { json?: boolean; links?: boolean }) => {
      if (flags.links === true) {
        await print(flags.json === true ? `${JSON.stringify(LINK_PRESETS, null, 2)}\n` : linksText())
        return
      }
      const found = await select(selectors)
      if (flags.json === true) {
        const rows = found.map(({ id, scenario }) => ({
          id,
          title: scenario.title,
          claims: scenario.claims ?? [],
          requirements: scenario.requirements ?? [],
          hosts: Object.keys(scenario.hosts),
          duration: scenario.duration,
        }))
        await print(`${JSON.stringify(rows, null, 2)}\n`)
        return
      }
      const { dim } = picocolors.createColors(wantsColor())
      const width = Math.max(...found.map(each => each.id.length))
      const lines = found.map(({ id, scenario }) => `${plain(id).padEnd(width)}  ${dim(plain(scenario.title))}\n`)
      // For people only: what a pipe gets is one line a scenario.
      const count = found.length === 1 ? '1 scenario' : `${found.length} scenarios`
      const hint = process.stdout.isTTY === true ? `\n${count}. Run one: wglab run ${found[0]?.selector}\n` : ''
      await print(lines.join('') + hint)
    })
}

/** Each preset as it could be written into a scenario. */
function linksText(): string {
  const values = (link: object): string =>
    Object.entries(link)
      .map(([key, value]) => `${key}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
      .join(', ')
  const lines = LINK_PRESETS.map(({ name, about, source, link, up, down }) => {
    const own = ([direction, each]: [string, object | undefined]) =>
      each === undefined ? '' : `  ${direction}: ${values(each)}\n`
    const directions = Object.entries({ up, down }).map(own).join('')
    return `${name}: ${about}\n  ${values(link)}\n${directions}  source: ${source}\n`
  })
  return `${lines.join('\n')}\nWrite { preset: leo } in a link; keys beside it win.\n`
}
