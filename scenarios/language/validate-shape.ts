/** What zod says about a value's shape, turned into words for people. */
import type { z } from 'zod'
import { nearest } from './nearest.ts'
import { type Path, pointerText, valueAt } from './pointer.ts'
import type { Problem } from './problem.ts'
import { describedAt, keysAt } from './validate-known.ts'

type Issue = z.core.$ZodIssue

interface Subject {
  readonly schema: z.core.$ZodType
  readonly root: unknown
}

/** A problem for each mistake: the one branch of a union that was meant, unknown keys with what was meant. */
export function shapeProblems(schema: z.core.$ZodType, root: unknown, issues: readonly Issue[]): Problem[] {
  const subject = { schema, root }
  const flat = issues.flatMap(issue => flatten(subject, issue, []))
  return withoutEchoes(flat.flatMap(issue => toProblems(subject, issue)))
}

/** Union issues reduced to the branch that was meant; paths from the root. */
function flatten(subject: Subject, issue: Issue, base: Path): Issue[] {
  const path = [...base, ...issue.path] as (string | number)[]
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) return [{ ...issue, path }]
  const value = valueAt(subject.root, path)
  const fitting = issue.errors.filter(branch => !branch.some(each => each.path.length === 0 && isWrongType(each)))
  if (value === undefined || fitting.length === 0) return [{ ...issue, path }]
  const meant = fitting.reduce((best, branch) => (weight(branch) < weight(best) ? branch : best))
  return meant.flatMap(each => flatten(subject, each, path))
}

function isWrongType(issue: Issue): boolean {
  return issue.code === 'invalid_type' && issue.expected !== 'int'
}

/** How far a branch is from what was written: an unknown key counts most. */
function weight(branch: readonly Issue[]): number {
  return branch.reduce((sum, each) => sum + (each.code === 'unrecognized_keys' ? 2 * each.keys.length : 1), 0)
}

interface Found extends Problem {
  /** For an unknown key: the key that was meant, as a pointer. For a missing key: itself. */
  readonly key?: { readonly state: 'unknown' | 'missing'; readonly pointer: string }
}

/** A key that is missing because it was misspelt is told once. */
function withoutEchoes(found: readonly Found[]): Problem[] {
  const meant = new Set(found.flatMap(each => (each.key?.state === 'unknown' ? [each.key.pointer] : [])))
  return found
    .filter(each => each.key?.state !== 'missing' || !meant.has(each.key.pointer))
    .map(({ path, what, instead }) => ({ path, what, instead }))
}

function toProblems(subject: Subject, issue: Issue): Found[] {
  const path = issue.path as (string | number)[]
  if (issue.code === 'unrecognized_keys') return issue.keys.map(key => unknownKey(subject, path, key))
  if (issue.code === 'invalid_key') {
    const key = String(path.at(-1))
    return [{ path: pointerText(path), what: `"${key}" can not be a name here`, instead: `write ${KEY_HINT}` }]
  }
  const value = valueAt(subject.root, path)
  const at = { path: pointerText(path) }
  if (value === undefined) return [missing(subject, issue, path)]
  return [{ ...at, ...wrongValue(subject, issue, path, value) }]
}

const KEY_HINT = 'lower case letters, digits and hyphens, starting with a letter, at most 31'

function unknownKey(subject: Subject, path: Path, key: string): Found {
  const known = keysAt(subject.schema, subject.root, path)
  const meant = nearest(key, known)
  const what = `unknown key "${key}"`
  const instead = meant === undefined ? `known here: ${known.join(', ')}` : `write "${meant}"`
  const mark = { state: 'unknown' as const, pointer: pointerText([...path, meant ?? '']) }
  return { path: pointerText([...path, key]), what, instead, key: mark }
}

function missing(subject: Subject, issue: Issue, path: Path): Found {
  const pointer = pointerText(path)
  const what = path.length === 0 ? 'there is nothing' : `"${String(path.at(-1))}" is missing`
  const choices = choicesOf(issue)
  const described = describedAt(subject.schema, subject.root, path)
  const instead =
    choices.length === 1
      ? `write ${choices[0]}`
      : choices.length > 1
        ? `one of ${choices.join(', ')}`
        : (described ?? `write ${wanted(issue)}`)
  return { path: pointer, what, instead, key: { state: 'missing', pointer } }
}

/** What may stand at a place that takes one of a few words. */
function choicesOf(issue: Issue): string[] {
  if (issue.code === 'invalid_value') return issue.values.map(String)
  if (issue.code === 'invalid_union' && 'options' in issue && Array.isArray(issue.options))
    return issue.options.map(String)
  return []
}

type Words = Pick<Problem, 'what' | 'instead'>

function wrongValue(subject: Subject, issue: Issue, path: Path, value: unknown): Words {
  const shown = show(value)
  const described = () => describedAt(subject.schema, subject.root, path)
  switch (issue.code) {
    case 'invalid_type':
      return {
        what: `${shown} is ${kindOf(value)}, and ${wanted(issue)} belongs here`,
        instead: quotesHint(issue, value) ?? described() ?? `write ${wanted(issue)}`,
      }
    case 'invalid_value':
    case 'invalid_union': {
      const choices = choicesOf(issue)
      if (choices.length === 0) return { what: `${shown} does not fit here`, instead: described() ?? branches(issue) }
      const meant = typeof value === 'string' ? nearest(value, choices) : undefined
      const list = choices.length === 1 ? `write ${choices[0]}` : `one of ${choices.join(', ')}`
      return {
        what: choices.length === 1 ? `${shown} is not ${choices[0]}` : `${shown} is none of the words for this`,
        instead: meant === undefined || choices.length === 1 ? list : `write "${meant}"`,
      }
    }
    case 'invalid_format':
      return { what: `${shown} is not written right`, instead: formatHint(issue) ?? described() ?? issue.message }
    case 'too_small':
      return {
        what: `${shown} is too ${sizeWord(issue.origin, 'small')}`,
        instead: `at least ${bound(issue.minimum, issue.origin)}`,
      }
    case 'too_big':
      return {
        what: `${shown} is too ${sizeWord(issue.origin, 'big')}`,
        instead: `at most ${bound(issue.maximum, issue.origin)}`,
      }
    case 'not_multiple_of':
      return { what: `${shown} does not fit here`, instead: `a multiple of ${issue.divisor}` }
    case 'unrecognized_keys':
    case 'invalid_key':
    case 'invalid_element':
    case 'custom':
      return {
        what: `${shown} does not fit here: ${issue.message}`,
        instead: described() ?? 'see scenario.schema.json',
      }
  }
}

function formatHint(issue: Issue): string | undefined {
  if (issue.code !== 'invalid_format') return undefined
  if ('pattern' in issue && issue.pattern === '/^\\//') return 'it begins with /'
  if (issue.format !== 'template_literal') return undefined
  const pattern = 'pattern' in issue ? String(issue.pattern) : ''
  return pattern.includes('bit')
    ? 'write a rate: 512kbit, 10Mbit, 1Gbit'
    : 'write a duration with its unit: 25s, 1.5s, 20ms, 2m'
}

/** A number where a text belongs: with a unit, or in quotes. */
function quotesHint(issue: Issue, value: unknown): string | undefined {
  if (issue.code !== 'invalid_type' || issue.expected !== 'string') return undefined
  return typeof value === 'number' ? `write ${value}s for a time, or put "${value}" in quotes` : undefined
}

function wanted(issue: Issue): string {
  if (issue.code !== 'invalid_type') return 'a value that fits'
  switch (issue.expected) {
    case 'string':
    case 'template_literal':
      return 'a text'
    case 'number':
      return 'a number'
    case 'int':
      return 'a whole number'
    case 'boolean':
      return 'true or false'
    case 'array':
    case 'tuple':
      return 'a list'
    case 'object':
    case 'record':
      return 'a mapping (names with values)'
    default:
      return `a ${issue.expected}`
  }
}

/** For a union of shapes none of which is near: what each begins with. */
function branches(issue: Issue): string {
  if (issue.code !== 'invalid_union') return 'write something else'
  const kinds = new Set(issue.errors.flatMap(branch => branch.filter(each => each.path.length === 0).map(wanted)))
  return `write ${[...kinds].join(', or ')}`
}

function kindOf(value: unknown): string {
  if (value === null) return 'empty'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'string') return 'a text'
  if (typeof value === 'object') return 'a mapping'
  if (typeof value === 'number') return Number.isInteger(value) ? 'a number' : 'a number with a fraction'
  return typeof value === 'boolean' ? 'true or false' : `a ${typeof value}`
}

function sizeWord(origin: string, end: 'small' | 'big'): string {
  if (origin === 'string' || origin === 'array') return end === 'small' ? 'short' : 'long'
  return end
}

function bound(limit: number | bigint, origin: string): string {
  if (origin === 'string') return `${limit} ${limit === 1 ? 'letter' : 'letters'}`
  if (origin === 'array') return `${limit} ${limit === 1 ? 'item' : 'items'}`
  return String(limit)
}

/** A value in a message: never long. */
function show(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return value.length === 0 ? 'the empty list' : 'the list'
  if (typeof value === 'object') return 'the mapping'
  const text = typeof value === 'string' ? `"${value}"` : String(value)
  return text.length > 60 ? `${text.slice(0, 56)}…` : text
}
