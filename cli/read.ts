/** A scenario from a file: YAML, JSON, or a module that exports one. */
import { readFileSync, statSync } from 'node:fs'
import { basename, dirname, extname, join, relative, sep } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Scenario } from '../scenarios/language/scenario.ts'
import { type Checked, checkShape, parseScenario, placesIn } from '../scenarios/language/validate.ts'
import { checkScenario } from '../sim/check.ts'
import { UserError } from './exit.ts'
import { loadModule } from './load.ts'
import { locate } from './locate.ts'
import { problemText } from './problems.ts'
import { systemText } from './system.ts'

export function isScenarioFile(path: string): boolean {
  return /\.(ya?ml|json|ts|mts|js|mjs)$/.test(path)
}

/** Throws UserError with every mistake in it. */
export async function readScenario(path: string): Promise<Scenario> {
  const shown = shownPath(path)
  const extension = extname(path)
  if (/^\.m?[tj]s$/.test(extension)) return importScenario(path, () => loadModule(path))
  const format = extension === '.json' ? 'json' : 'yaml'
  const input = { text: readText(path, shown), file: shown, format } as const
  const parsed = parseScenario(input)
  if ('problems' in parsed) throw new UserError(parsed.problems.map(problemText).join('\n'))
  refuse(parsed.scenario, shown, placesIn(input))
  return parsed.scenario
}

/** A module's `scenario` export (or its default export), checked like any file. */
export async function importScenario(
  path: string,
  load: (url: string) => Promise<Readonly<Record<string, unknown>>>,
): Promise<Scenario> {
  const shown = shownPath(path)
  let value: unknown
  try {
    const module = await load(pathToFileURL(path).href)
    value = module['scenario'] ?? defaultOf(module)
  } catch (error) {
    const status = error instanceof UserError ? error.status : undefined
    throw new UserError(`${shown}: does not load: ${error instanceof Error ? error.message : error}`, status)
  }
  if (value === undefined)
    throw new UserError(`${shown}: exports no scenario (write: export const scenario = { … } satisfies Scenario)`)
  const checked = checkData(value, shown)
  const place = (pointer: string) => locate(sourceOf(path), pointer)
  if ('problems' in checked) {
    throw new UserError(checked.problems.map(each => problemText({ ...each, ...place(each.path) })).join('\n'))
  }
  refuse(checked.scenario, shown, place)
  return checked.scenario
}

type PlaceOf = (pointer: string) => { readonly line: number; readonly column: number } | undefined

/** Throws UserError when it has the right shape and can still not be run: each reason with its line. */
function refuse(scenario: Scenario, file: string, place: PlaceOf): void {
  const problems = checkScenario(scenario)
  if (problems.length === 0) return
  const lines = problems.map(({ path, reason, instead }) =>
    problemText({
      file,
      ...place(path),
      path,
      what: reason,
      ...(instead === undefined ? {} : { instead: `write ${instead}` }),
    }),
  )
  throw new UserError(lines.join('\n'))
}

/** Without its source a module's mistakes are told without their lines. */
function sourceOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

/** As a file is called in messages, and, without its ending, in reports. */
export function shownPath(path: string): string {
  const shown = relative(process.cwd(), path).split(sep).join('/')
  const outside = shown === '..' || shown.startsWith('../') || shown.includes(':')
  return outside
    ? join(basename(dirname(path)), basename(path))
        .split(sep)
        .join('/')
    : shown
}

/** Nothing when it is only Node's view of a CommonJS module, which holds the named exports once more. */
function defaultOf(module: Readonly<Record<string, unknown>>): unknown {
  const value = module['default']
  if (typeof value !== 'object' || value === null) return value
  return Object.keys(value).every(name => name in module) ? undefined : value
}

/** A module can export anything: what can not even be looked at is no scenario. */
function checkData(value: unknown, shown: string): Checked {
  try {
    return checkShape(value, shown)
  } catch (error) {
    throw new UserError(`${shown}: its scenario is not plain data: ${error instanceof Error ? error.message : error}`)
  }
}

const MOST_MEGABYTES = 16

function readText(path: string, shown: string): string {
  let bytes: Buffer
  try {
    const megabytes = statSync(path).size / 1e6
    if (megabytes > MOST_MEGABYTES)
      throw new UserError(
        `${shown}: ${Math.ceil(megabytes)} MB are too many: a scenario has at most ${MOST_MEGABYTES} MB`,
      )
    bytes = readFileSync(path)
  } catch (error) {
    if (error instanceof UserError) throw error
    throw new UserError(`${shown}: can not be read: ${systemText(error)}`)
  }
  const decoder = new TextDecoder('utf-8', { fatal: true })
  try {
    return decoder.decode(bytes)
  } catch {
    throw new UserError(`${shown}:${badLine(bytes, decoder)}: not UTF-8; save the file as UTF-8 text`)
  }
}

/** No byte of a longer UTF-8 character is a line break: the first line that does not decode by itself is the one. */
function badLine(bytes: Buffer, decoder: { decode(bytes: Buffer): string }): number {
  let line = 1
  for (let start = 0; start < bytes.length; line++) {
    const end = bytes.indexOf(10, start)
    const stop = end < 0 ? bytes.length : end + 1
    try {
      decoder.decode(bytes.subarray(start, stop))
    } catch {
      return line
    }
    start = stop
  }
  return line
}
