/** `wglab nat probe --linux`: what a real kernel's NAT does, beside the preset that claims to be it. */
import picocolors from 'picocolors'
import { nearest } from '../scenarios/language/nearest.ts'
import { RULESETS, type Ruleset, type TruthRow, type TruthTable, truthTable } from '../sim/guest/truth.ts'
import { EPOCH } from '../sim/parts.ts'
import { wantsColor } from './colour.ts'
import { EXIT, UserError } from './exit.ts'
import { type Guests, openGuests } from './guests.ts'
import { print } from './print.ts'
import { createProgress } from './progress.ts'
import { valueText } from './value-text.ts'

export interface TruthFlags {
  /** A name; true: all of them. */
  readonly linux: string | true
  readonly json?: boolean
  readonly markdown?: boolean
  readonly seed: string
  readonly most: number
}

const KERNEL = 'kernel-6.12'
/** Machines have two processors at least; a guest has one. */
const AT_ONCE = 2

/** Throws UserError with the status `failed` when Linux and a preset differ, after the tables are printed. */
export async function runTruth(flags: TruthFlags): Promise<void> {
  const rulesets = rulesetsOf(flags.linux)
  const guests = await openGuests({ nat: KERNEL })
  if ('lacks' in guests) throw new UserError(guests.lacks, EXIT.missing)
  const stop = () => void guests.stop().finally(() => process.exit(130))
  process.once('SIGINT', stop)
  process.once('SIGTERM', stop)
  try {
    const tables = await measureAll(rulesets, guests, flags)
    await print(inForm(tables, guests.made, flags))
    const wrong = tables.filter(({ rows }) => rows.some(row => !row.agrees)).map(({ ruleset }) => ruleset)
    if (wrong.length > 0) throw new UserError(`Linux and its preset differ: ${wrong.join(', ')}`, EXIT.failed)
  } finally {
    process.removeListener('SIGINT', stop)
    process.removeListener('SIGTERM', stop)
    await guests.stop()
  }
}

function rulesetsOf(name: string | true): readonly Ruleset[] {
  if (name === true) return RULESETS
  const found = RULESETS.filter(ruleset => ruleset.name === name)
  if (found.length > 0) return found
  const names = RULESETS.map(ruleset => ruleset.name)
  const near = nearest(name, names)
  const hint = near === undefined ? `write one of ${names.join(', ')}` : `did you mean ${near}?`
  throw new UserError(`no ruleset "${name}"; ${hint}`, EXIT.nothingMatched)
}

async function measureAll(
  rulesets: readonly Ruleset[],
  guests: Guests,
  { seed, most }: TruthFlags,
): Promise<TruthTable[]> {
  const progress = createProgress()
  const tables: TruthTable[] = []
  const left = [...rulesets.entries()]
  const worker = async (): Promise<void> => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      const [i, ruleset] = next
      progress.say(`${ruleset.name}, ${tables.filter(Boolean).length}/${rulesets.length} done`)
      const { machine } = await guests.start({
        host: `nat-${i}`,
        implementation: KERNEL,
        ports: 2,
        seed: `${seed}-${ruleset.name}`.replaceAll(/[^A-Za-z0-9.-]/g, '_'),
        epoch_ns: BigInt(EPOCH.sec) * 1_000_000_000n,
        secret: () => {},
      })
      tables[i] = await truthTable({ guest: machine, ruleset, seed, most })
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
  progress.end()
  return tables
}

function inForm(tables: readonly TruthTable[], made: Guests['made'], flags: TruthFlags): string {
  if (flags.json === true) return `${JSON.stringify({ schema: 'wglab/nat-truth@1', made, tables }, null, 2)}\n`
  return flags.markdown === true ? truthMarkdown(tables, made) : truthText(tables)
}

/** Where the two differ, both ways of seeing it are shown. */
export function truthText(tables: readonly TruthTable[]): string {
  const { bold, dim, green, red } = picocolors.createColors(wantsColor())
  return tables
    .map(table => {
      const { ruleset, about, rows, sent, runs } = table
      const wide = Math.max(...rows.map(row => row.parameter.length))
      const column = Math.min(44, Math.max(...rows.map(row => cell(row.linux).length)))
      const lines = rows.map(row => {
        const sign = row.agrees ? green('=') : red('≠')
        const text = `${sign} ${row.parameter.padEnd(wide)}  ${cell(row.linux).padEnd(column)}  ${cell(row.preset)}`
        return row.agrees && row.linux.kind === 'unseen' ? dim(text) : text
      })
      return [
        `${bold(ruleset)}: ${about}; beside it ${claimant(table)}`,
        dim(`${sent} packets to Linux, which began anew ${runs} times`),
        `  ${'parameter'.padEnd(wide)}  ${'Linux'.padEnd(column)}  preset`,
        ...lines,
        summary(rows),
        '',
      ].join('\n')
    })
    .join('\n')
}

export function truthMarkdown(tables: readonly TruthTable[], made: Readonly<Record<string, string>>): string {
  const heads = tables.map(table => {
    const { ruleset, about, rows } = table
    return [
      `## ${ruleset}`,
      '',
      `${about}; beside it ${claimant(table)}. ${summary(rows)}.`,
      '',
      '| parameter | Linux | preset | |',
      '|---|---|---|---|',
      ...rows.map(
        row => `| ${row.parameter} | ${cell(row.linux)} | ${cell(row.preset)} | ${row.agrees ? '=' : '**≠**'} |`,
      ),
      '',
    ].join('\n')
  })
  const by = Object.entries(made).map(([name, what]) => `- ${name}: ${what}`)
  return ['# What the NAT of Linux does, and what its presets say', '', ...by, '', ...heads].join('\n')
}

function claimant({ preset, changes }: TruthTable): string {
  const said = Object.entries(changes).map(([key, value]) => `${key}: ${valueText(value)}`)
  return said.length === 0 ? preset : `${preset} with ${said.join(', ')}`
}

function cell({ kind, value }: TruthRow['linux']): string {
  return kind === 'unseen' ? 'not observable' : valueText(value)
}

function summary(rows: readonly TruthRow[]): string {
  const seen = rows.filter(row => row.linux.kind === 'measured' && row.agrees).length
  const unseen = rows.filter(row => row.linux.kind === 'unseen' && row.agrees).length
  const different = rows.length - seen - unseen
  return `${seen} alike, ${unseen} not observable, ${different === 0 ? 'none differ' : `${different} differ`}`
}
