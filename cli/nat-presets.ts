/** `wglab nat presets`: the named NATs, and what each of them is made of. */
import { Command } from 'commander'
import picocolors from 'picocolors'
import { stringify } from 'yaml'
import { resolveNat } from '../scenarios/language/nat-parameters.ts'
import { NAT_PRESET_NAMES, NAT_PRESETS, type NatPresetName } from '../scenarios/language/nat-presets.ts'
import { nearest } from '../scenarios/language/nearest.ts'
import { wantsColor } from './colour.ts'
import { EXIT, UserError } from './exit.ts'
import { print } from './print.ts'

export function presetsCommand(): Command {
  return new Command('presets')
    .description('List the named NATs; with a name, everything it is made of, to copy and change.')
    .argument('[name]', 'one of them')
    .option('--json', 'as JSON')
    .addHelpText('after', '\nExample:\n  wglab nat presets linux-masquerade\n')
    .action(async (name: string | undefined, flags: { json?: boolean }) => {
      if (name === undefined) await print(flags.json === true ? listJson() : listText())
      else {
        const preset = presetName(name)
        await print(flags.json === true ? `${JSON.stringify(oneOf(preset), null, 2)}\n` : oneText(preset))
      }
    })
}

/** Throws UserError with the nearest name. */
export function presetName(text: string): NatPresetName {
  const known = NAT_PRESET_NAMES.find(name => name === text)
  if (known !== undefined) return known
  const near = nearest(text, NAT_PRESET_NAMES)
  const hint = near === undefined ? '`wglab nat presets` lists them' : `did you mean ${near}?`
  throw new UserError(`no preset "${text}"; ${hint}`, EXIT.nothingMatched)
}

function oneOf(name: NatPresetName) {
  const { about, source } = NAT_PRESETS[name]
  return { name, about, source, parameters: resolveNat({ preset: name }) }
}

function listJson(): string {
  return `${JSON.stringify(NAT_PRESET_NAMES.map(oneOf), null, 2)}\n`
}

function listText(): string {
  const { dim } = picocolors.createColors(wantsColor())
  const width = Math.max(...NAT_PRESET_NAMES.map(name => name.length))
  return NAT_PRESET_NAMES.map(name => `${name.padEnd(width)}  ${dim(NAT_PRESETS[name].about)}\n`).join('')
}

function oneText(name: NatPresetName): string {
  const { about, source, parameters } = oneOf(name)
  return `# ${name}: ${about}\n# Source: ${source}\n${stringify(parameters, { flowCollectionPadding: true, collectionStyle: 'any' })}`
}
