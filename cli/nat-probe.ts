/** `wglab nat probe`: what a NAT does, found out by its packets alone. */
import { Command, Option } from 'commander'
import picocolors from 'picocolors'
import { plain } from '../reports/escape.ts'
import { type Nat, nat as natShape } from '../scenarios/language/nat.ts'
import { checkScenario } from '../sim/check.ts'
import { NatBench } from '../sim/natprobe/bench.ts'
import { type Finding, type Measured, parametersOf } from '../sim/natprobe/findings.ts'
import { measureNat } from '../sim/natprobe/measure.ts'
import { conduct } from '../sim/natprobe/world.ts'
import { wantsColor } from './colour.ts'
import { EXIT, UserError } from './exit.ts'
import { presetName } from './nat-presets.ts'
import { runTruth } from './nat-truth.ts'
import { positive, seed } from './options.ts'
import { print } from './print.ts'
import { problemText } from './problems.ts'
import { select } from './select.ts'
import { valueText } from './value-text.ts'

interface ProbeFlags {
  readonly nat?: string
  readonly preset?: string
  readonly linux?: string | true
  readonly json?: boolean
  readonly markdown?: boolean
  readonly seed: string
  readonly most: number
}

/** What is measured, and what messages call it. */
interface Subject {
  readonly name: string
  readonly spec: Nat
}

export function probeCommand(): Command {
  return new Command('probe')
    .description(
      'Measure a NAT by sending and receiving alone, in the manner of RFC 4787 and RFC 5780: mapping, filtering, ports, timers, limits, hairpin.',
    )
    .argument('[scenario]', 'an id of the catalogue or a file: its NAT is measured')
    .option('--nat <name>', 'which one, where the scenario has several')
    .addOption(new Option('--preset <name>', 'a named NAT instead; `wglab nat presets` lists them').conflicts('nat'))
    .addOption(
      new Option(
        '--linux [ruleset]',
        "a real Linux kernel's own NAT, beside the preset that claims to be it: one ruleset, or all of them",
      ).conflicts(['preset', 'nat']),
    )
    .option('--json', 'value and method of each parameter, as JSON')
    .option('--markdown', 'with --linux: the tables as Markdown')
    .option('--most <n>', 'how many mappings to make at once at most', positive, 3000)
    .option('--seed <text>', 'for the random choices of the NAT', seed, '1')
    .addHelpText(
      'after',
      '\nExamples:\n  wglab nat probe nat/mapping-expires\n  wglab nat probe --preset cgn-rfc6888 --json\n  wglab nat probe --linux masquerade --most 200\n',
    )
    .action(async (selector: string | undefined, flags: ProbeFlags) => {
      const { linux } = flags
      if (linux !== undefined) {
        if (selector !== undefined) throw new UserError(`name a scenario or --linux, not both ("${selector}")`)
        return runTruth({ ...flags, linux })
      }
      if (flags.markdown === true) throw new UserError('--markdown is for the tables of --linux')
      const subject = await subjectOf(selector, flags)
      const measured = measure(subject, flags)
      await print(flags.json === true ? probeJson(subject.name, measured) : probeText(subject.name, measured))
    })
}

async function subjectOf(selector: string | undefined, flags: ProbeFlags): Promise<Subject> {
  if (flags.preset !== undefined) {
    if (selector !== undefined)
      throw new UserError(`name a scenario or a preset, not both ("${selector}" and --preset)`)
    const preset = presetName(flags.preset)
    const place = { inside: { lan: '192.168.1.1/24' }, outside: { internet: '203.0.113.77' } }
    return { name: `preset ${preset}`, spec: natShape.parse({ ...place, preset }) }
  }
  if (selector === undefined) throw new UserError('name a scenario with a NAT, or --preset NAME')
  const found = await select([selector])
  const [one] = found
  if (one === undefined || found.length > 1) {
    throw new UserError(`"${selector}" names ${found.length} scenarios; name one of them, for example ${one?.selector}`)
  }
  const nats = one.scenario.nats ?? {}
  const names = Object.keys(nats)
  if (names.length === 0) throw new UserError(`${one.id} has no NAT`, EXIT.nothingMatched)
  const name = flags.nat ?? (names.length === 1 ? names[0] : undefined)
  if (name === undefined) throw new UserError(`${one.id} has several NATs; write --nat and one of ${names.join(', ')}`)
  const spec = Object.hasOwn(nats, name) ? nats[name] : undefined
  if (spec === undefined) {
    throw new UserError(`${one.id} has no NAT "${name}"; its NATs: ${names.join(', ')}`, EXIT.nothingMatched)
  }
  const problems = checkScenario(one.scenario)
  if (problems.length > 0) {
    throw new UserError(
      problems.map(({ path, reason }) => problemText({ file: one.id, path, what: reason })).join('\n'),
    )
  }
  return { name: `${name} of ${one.id}`, spec }
}

function measure({ name, spec }: Subject, { seed, most }: ProbeFlags): Measured {
  try {
    const bench = new NatBench({ spec, seed })
    return conduct(measureNat(bench.world, { most }), bench)
  } catch (error) {
    if (error instanceof RangeError) throw new UserError(`${name}: ${error.message}`, EXIT.failed)
    throw error
  }
}

/** `parameters` can be written into a scenario: it makes a NAT that acts alike. */
function probeJson(name: string, measured: Measured): string {
  const { parameters, traits, runs, sent } = measured
  const report = { schema: 'wglab/nat-probe@1', nat: name, runs, sent, findings: parameters, traits }
  return `${JSON.stringify({ ...report, parameters: parametersOf(parameters) }, null, 2)}\n`
}

function probeText(name: string, { parameters, traits, runs, sent }: Measured): string {
  const { bold, dim, yellow } = picocolors.createColors(wantsColor())
  const width = Math.max(...Object.keys(parameters).map(key => key.length))
  const lines = [`${bold(plain(name))}, measured: ${sent} packets, the NAT started anew ${runs} times`, '']
  for (const [key, finding] of Object.entries(parameters) as [string, Finding<unknown>][]) {
    const indent = ' '.repeat(width + 2)
    if (finding.kind === 'measured') {
      lines.push(`${key.padEnd(width)}  ${bold(valueText(finding.value))}`, dim(`${indent}${finding.how}`))
    } else {
      lines.push(`${key.padEnd(width)}  ${yellow('not observable')}: ${finding.because}`)
      lines.push(dim(`${indent}taken as ${valueText(finding.value)}`))
    }
  }
  lines.push('', 'On the way through:')
  const wide = Math.max(...traits.map(trait => trait.name.length))
  for (const { name: trait, value, how } of traits) {
    lines.push(`${trait.padEnd(wide)}  ${bold(value)}`, dim(`${' '.repeat(wide + 2)}${how}`))
  }
  return `${lines.join('\n')}\n`
}
