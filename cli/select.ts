/** Selectors to scenarios: ids and globs of the catalogue, paths of files. */
import { existsSync, type Stats, statSync } from 'node:fs'
import { join, relative, resolve, sep } from 'node:path'
import type { NamedScenario } from '../scenarios/language/scenario.ts'
import { EXIT, UserError } from './exit.ts'
import { PACKAGE_ROOT } from './package.ts'
import { importScenario, isScenarioFile, readScenario, shownPath } from './read.ts'
import { walk } from './walk.ts'

/** A scenario, and the word that selects it alone. */
export type Selected = NamedScenario & { readonly selector: string }

const CATALOGUE = existsSync(join(PACKAGE_ROOT, 'scenarios/catalogue'))
  ? join(PACKAGE_ROOT, 'scenarios/catalogue')
  : join(PACKAGE_ROOT, 'dist/scenarios/catalogue')

/** The ids of the catalogue, sorted: the path without its ending, `nat/expiry-without-keepalive`. */
export function catalogueIds(): string[] {
  const found: string[] = []
  for (const path of walk(CATALOGUE)) {
    if (/\.(test|d)\.ts$/.test(path) || !/\.(ts|js)$/.test(path)) continue
    found.push(
      relative(CATALOGUE, path)
        .split(sep)
        .join('/')
        .replace(/\.(ts|js)$/, ''),
    )
  }
  return found.sort()
}

/** Where a scenario stands: an id of the catalogue, or a file. */
type Source = { readonly kind: 'id'; readonly id: string } | { readonly kind: 'file'; readonly path: string }

/**
 * The scenarios that the selectors name, each once, in the order of the selectors; all of the catalogue without
 * selectors. Throws UserError.
 */
export async function select(selectors: readonly string[]): Promise<Selected[]> {
  const sources = new Map<string, Source>()
  const wanted: Source[] =
    selectors.length === 0 ? catalogueIds().map(id => ({ kind: 'id', id })) : selectors.flatMap(sourcesOf)
  for (const source of wanted) sources.set(source.kind === 'id' ? source.id : source.path, source)
  const ids = idsOf([...sources.values()])
  return Promise.all([...sources.values()].map((source, position) => open(source, ids[position] ?? '')))
}

function sourcesOf(selector: string): Source[] {
  if (selector === '') throw new UserError('an empty word selects nothing: leave it out to run the whole catalogue')
  const inside = insideCatalogue(selector)
  const path = resolve(selector)
  if (inside === undefined && isScenarioFile(selector) && stat(path)?.isFile()) return [{ kind: 'file', path }]
  const id = (inside ?? selector).replace(/\/$/, '').replace(/\.(ts|js)$/, '')
  const pattern = globPattern(id)
  const ids = catalogueIds().filter(each => each === id || each.startsWith(`${id}/`) || pattern.test(each))
  if (ids.length > 0) return ids.map(each => ({ kind: 'id', id: each }))
  const kind = stat(path)
  if (kind?.isDirectory()) return filesIn(path, selector).map(file => ({ kind: 'file', path: file }))
  if (kind?.isFile()) throw new UserError(`${selector}: a scenario is a .yaml, .json or .ts file`)
  if (kind !== undefined) throw new UserError(`${selector}: not a file`)
  const files = /[*?]/.test(selector) ? globFiles(selector) : []
  if (files.length > 0) return files.map(file => ({ kind: 'file', path: file }))
  if (isScenarioFile(selector)) throw new UserError(`${selector}: no such file`, EXIT.nothingMatched)
  throw new UserError(
    `nothing matches "${selector}": no scenario of the catalogue, no file. \`wglab list\` shows the catalogue.`,
    EXIT.nothingMatched,
  )
}

/** `scenarios/catalogue/nat/x.ts` as typed in a checkout, and `nat/x`, are the same id. */
function insideCatalogue(selector: string): string | undefined {
  const inside = relative(CATALOGUE, resolve(selector))
  return inside === '' || inside.startsWith('..') || resolve(inside) === inside
    ? undefined
    : inside.split(sep).join('/')
}

/** Two files of one name get longer ones, so that neither hides the other. */
function idsOf(sources: readonly Source[]): string[] {
  const withEnding = (path: string) => shownPath(path)
  const whole = (path: string) =>
    path
      .split(/[/\\:]/)
      .filter(part => part !== '')
      .join('/')
  let ids = sources.map(source => (source.kind === 'id' ? source.id : fileId(source.path)))
  for (const longer of [withEnding, whole]) {
    const alone = (id: string) => ids.indexOf(id) === ids.lastIndexOf(id)
    ids = sources.map((source, position) => {
      const id = ids[position] ?? ''
      return source.kind === 'id' || alone(id) ? id : longer(source.path)
    })
  }
  return ids
}

function fileId(path: string): string {
  const shown = shownPath(path)
  return shown.replace(/([^/])\.(ya?ml|json|ts|mts|js|mjs)$/, '$1')
}

async function open(source: Source, id: string): Promise<Selected> {
  if (source.kind === 'file') {
    const selector = relative(process.cwd(), source.path)
    return { id, scenario: await readScenario(source.path), selector }
  }
  const base = join(CATALOGUE, ...source.id.split('/'))
  const path = existsSync(`${base}.ts`) ? `${base}.ts` : `${base}.js`
  return { id, scenario: await importScenario(path, url => import(url)), selector: source.id }
}

function globPattern(glob: string): RegExp {
  const escaped = glob.replace(/[.+^${}()|\\[\]]/g, '\\$&')
  const body = escaped.replace(
    /\*\*\/|\*\*|\*|\?/g,
    each => ({ '**/': '(?:.*/)?', '**': '.*', '*': '[^/]*', '?': '[^/]' })[each] ?? '',
  )
  return new RegExp(`^${body}$`)
}

function filesIn(path: string, selector: string): string[] {
  const files = walk(path).filter(each => /\.(ya?ml)$/.test(each) || /\.scenario\.(ts|json|js)$/.test(each))
  if (files.length > 0) return files.sort()
  throw new UserError(
    `${selector}: no scenario in this folder (looked for *.yaml, *.yml, *.scenario.ts, *.scenario.json)`,
    EXIT.nothingMatched,
  )
}

/** For a pattern that no shell has expanded: everything below the part of it that has no wildcard. */
function globFiles(pattern: string): string[] {
  const parts = pattern.split('/')
  const fixed = parts
    .slice(
      0,
      parts.findIndex(part => /[*?]/.test(part)),
    )
    .join('/')
  const start = resolve(pattern.startsWith('/') ? `/${fixed}` : fixed)
  if (!stat(start)?.isDirectory()) return []
  const wanted = globPattern(pattern.slice(fixed.length === 0 && !pattern.startsWith('/') ? 0 : fixed.length + 1))
  return walk(start)
    .filter(file => isScenarioFile(file) && wanted.test(relative(start, file).split(sep).join('/')))
    .sort()
}

/** Nothing for what is not there, and for links that lead nowhere. */
function stat(path: string): Stats | undefined {
  try {
    return statSync(path)
  } catch {
    return undefined
  }
}
