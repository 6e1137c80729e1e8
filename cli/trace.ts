/** `wglab trace`: a recorded trace, told again. */
import { createReadStream, statSync } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { Command, Option } from 'commander'
import { createLadder } from '../reports/ladder.ts'
import { rowText } from '../scenarios/checks/story.ts'
import { rowFromJson, rowToJson } from '../scenarios/language/canonical.ts'
import { type Duration, duration, durationNs } from '../scenarios/language/quantity.ts'
import type { Row } from '../scenarios/language/trace.ts'
import type { RunEnd, Vantage } from '../scenarios/language/verdict.ts'
import { EXIT, UserError } from './exit.ts'
import { renderMermaid } from './mermaid.ts'
import { print } from './print.ts'
import { codeOf, systemText } from './system.ts'

const FORMS = ['text', 'jsonl', 'mermaid', 'svg', 'mermaid-svg'] as const

interface TraceFlags {
  readonly to: (typeof FORMS)[number]
  readonly packet?: string
  readonly at?: string
  readonly from?: string
  readonly until?: string
}

export function traceCommand(): Command {
  return new Command('trace')
    .description(
      'Tell a recorded trace again: as text, JSON lines, a Mermaid or SVG ladder (mermaid-svg: drawn by mermaid-cli, where you have it).',
    )
    .argument('<file>', 'a trace.jsonl')
    .addOption(new Option('--to <form>', 'what it becomes').choices(FORMS).default('text'))
    .option('--packet <id>', 'only this packet, for example alice/12')
    .option('--at <place>', 'only this host, cable or vantage point')
    .option('--from <duration>', 'from this time on')
    .option('--until <duration>', 'before this time')
    .addHelpText(
      'after',
      '\nExample:\n  wglab trace reports/out/nat/mapping-expires/trace.jsonl --from 60s --packet server/3\n',
    )
    .action(async (file: string, flags: TraceFlags) => {
      const wanted = filter(flags)
      checkFile(file)
      const teller = createTeller(flags.to, titleOf(file))
      let told = 0
      for await (const row of rows(file)) {
        if (!wanted(row)) continue
        told++
        if (!(await teller.row(row))) return
      }
      if (told === 0) throw new UserError(`${file}: no row matches`, EXIT.nothingMatched)
      await teller.end()
    })
}

function checkFile(file: string): void {
  try {
    if (statSync(file).isDirectory()) throw new UserError(`${file}: is a folder; name the trace.jsonl in it`)
  } catch (error) {
    if (error instanceof UserError) throw error
    const what = `${file === '' ? '""' : file}: ${systemText(error)}`
    throw new UserError(`${what}; \`wglab run\` writes reports/out/…/trace.jsonl`, EXIT.nothingMatched)
  }
}

/** A trace does not know its scenario; the folders it lies in say which it was: `nat/mapping-expires`. */
function titleOf(file: string): string {
  const folder = dirname(resolve(file))
  return `${basename(dirname(folder))}/${basename(folder)}`
}

function filter(flags: TraceFlags): (row: Row) => boolean {
  const from = time('--from', flags.from) ?? 0
  const until = time('--until', flags.until) ?? Number.MAX_SAFE_INTEGER
  if (until <= from) throw new UserError(`--until ${flags.until} is not after --from ${flags.from ?? '0s'}`)
  return row => {
    if (row.t < from || row.t >= until) return false
    if (flags.packet !== undefined) {
      const packet = 'packet' in row ? row.packet : undefined
      if (packet === undefined || `${packet.box}/${packet.n}` !== flags.packet) return false
    }
    if (flags.at === undefined) return true
    const place = 'at' in row ? row.at : row.host
    return place === flags.at || place.startsWith(`${flags.at}:`)
  }
}

function time(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (!duration.safeParse(text).success) throw new UserError(`${option} ${text}: not a time; write 25s, 1.5s, 20ms, 2m`)
  return durationNs(text as Duration)
}

async function* rows(file: string): AsyncGenerator<Row> {
  let line = 0
  try {
    for await (const text of createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY })) {
      line++
      if (text !== '') yield rowOf(text, `${file}:${line}`)
    }
  } catch (error) {
    throw codeOf(error) === undefined ? error : new UserError(`${file}: can not be read: ${systemText(error)}`)
  }
}

function rowOf(text: string, place: string): Row {
  try {
    return rowFromJson(text)
  } catch (error) {
    throw new UserError(`${place}: no row of a trace: ${error instanceof Error ? error.message : error}`)
  }
}

/** False when nobody reads any more. */
interface Teller {
  row(row: Row): Promise<boolean> | boolean
  end(): Promise<boolean> | boolean
}

function createTeller(form: TraceFlags['to'], title: string): Teller {
  switch (form) {
    case 'text':
      return createLines(row => `${rowText(row)}\n`)
    case 'jsonl':
      return createLines(row => `${rowToJson(row)}\n`)
    case 'mermaid':
    case 'mermaid-svg':
    case 'svg': {
      const ladder = createLadder({ title })
      const seen = createEnd()
      return {
        row: row => {
          seen.row(row)
          ladder.sink.row(row)
          return true
        },
        end: () => {
          const drawn = ladder.finish(seen.end())
          if (form === 'svg') return print(drawn.svg)
          return print(form === 'mermaid' ? drawn.mermaid : renderMermaid(drawn.mermaid))
        },
      }
    }
  }
}

/** In pieces: a line at a time is slow, and all at once may not fit. */
function createLines(textOf: (row: Row) => string): Teller {
  let lines: string[] = []
  const flush = () => {
    const text = lines.join('')
    lines = []
    return print(text)
  }
  return {
    row(row) {
      lines.push(textOf(row))
      return lines.length < 500 || flush()
    },
    end: flush,
  }
}

/** What a trace alone tells of its run: the vantage points are the places that have bytes. */
function createEnd(): { row(row: Row): void; end(): RunEnd } {
  const vantages = new Map<string, Vantage>()
  let ended_at = 0
  return {
    row(row) {
      ended_at = row.t
      if (row.kind !== 'hop' || row.bytes === undefined || vantages.has(row.at)) return
      vantages.set(row.at, { name: row.at, layer: row.layer, host: row.at.split(':')[0] ?? row.at })
    },
    end: () => ({
      ended_at,
      legend: {},
      vantages: [...vantages.values()],
      keylog: [],
      blind: [],
      names: {},
      warnings: [],
    }),
  }
}
