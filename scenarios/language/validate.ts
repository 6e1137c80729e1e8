/** Is this a scenario? Every mistake with its place, in plain words, and with what to write instead. */
import { type Document, isAlias, isMap, isPair, isSeq, LineCounter, type Node, parseAllDocuments } from 'yaml'
import { pointerParts, valueAt } from './pointer.ts'
import type { Problem } from './problem.ts'
import { type Scenario, scenario as schema } from './scenario.ts'
import { senseProblems } from './validate-sense.ts'
import { shapeProblems } from './validate-shape.ts'

export type { Problem } from './problem.ts'

export type Checked = { readonly scenario: Scenario } | { readonly problems: readonly Problem[] }

export interface ScenarioText {
  readonly text: string
  /** As it is to be called in messages. */
  readonly file: string
  readonly format: 'json' | 'yaml'
}

/** Reads a scenario file. Never throws: what is wrong is told with file, line and column. */
export function parseScenario(input: ScenarioText): Checked {
  const { text, file } = input
  const counter = new LineCounter()
  const documents = parseAllDocuments(text, { lineCounter: counter, prettyErrors: false, logLevel: 'error' })
  const document = Array.isArray(documents) ? documents[0] : undefined
  const value = input.format === 'json' ? readJson(input, document, counter) : readYaml(input, documents, counter)
  if ('problems' in value) return value
  const checked = checkShape(value.value, file)
  if ('scenario' in checked || document === undefined || document.errors.length > 0) return checked
  return { problems: checked.problems.map(problem => ({ ...problem, ...placeOf(document, counter, problem.path) })) }
}

/** Where the values of a scenario file stand: line and column, from 1, of a JSON pointer. */
export function placesIn({ text }: ScenarioText): (pointer: string) => { line: number; column: number } {
  const counter = new LineCounter()
  const documents = parseAllDocuments(text, { lineCounter: counter, prettyErrors: false, logLevel: 'error' })
  const document = Array.isArray(documents) ? documents[0] : undefined
  return pointer => (document === undefined ? { line: 1, column: 1 } : placeOf(document, counter, pointer))
}

/** The same for a value that has no text: a module's export, a generated scenario. */
export function checkShape(value: unknown, file = ''): Checked {
  const named = file === '' ? {} : { file }
  const parsed = schema.safeParse(value)
  const problems = parsed.success ? senseProblems(parsed.data) : shapeProblems(schema, value, parsed.error.issues)
  if (parsed.success && problems.length === 0) return { scenario: parsed.data }
  return { problems: problems.map(problem => ({ ...named, ...problem })) }
}

type Read = { readonly value: unknown } | { readonly problems: readonly Problem[] }

function readYaml(input: ScenarioText, documents: readonly Document[], counter: LineCounter): Read {
  const { file } = input
  const document = documents[0]
  if (document === undefined) {
    const instead = 'write a scenario: schema, title, duration, networks, hosts, steps, expect'
    return { problems: [{ file, line: 1, column: 1, path: '', what: 'the file is empty', instead }] }
  }
  const second = documents[1]
  if (second !== undefined) {
    const place = position(counter, second.range?.[0] ?? 0)
    const instead = 'write one scenario a file, without a line ---'
    return { problems: [{ file, ...place, path: '', what: 'a second document begins here', instead }] }
  }
  if (document.errors.length > 0) {
    const problems = document.errors.map(error => ({
      file,
      ...position(counter, error.pos[0]),
      path: '',
      what: `not YAML: ${plain(error.message)}`,
      instead: yamlHint(error.code),
    }))
    return { problems }
  }
  try {
    return { value: document.toJS({ maxAliasCount: 100 }) }
  } catch (error) {
    const instead = 'write the values out'
    return { problems: [{ file, line: 1, column: 1, path: '', what: `not YAML: ${messageOf(error)}`, instead }] }
  }
}

/** JSON is read by the engine, which is strict; the YAML reader, which is not, only tells the places. */
function readJson(input: ScenarioText, document: Document | undefined, counter: LineCounter): Read {
  try {
    return { value: JSON.parse(input.text) }
  } catch (error) {
    const message = messageOf(error)
    const told = /position (\d+)/.exec(message)?.[1]
    const end = /\bend\b/.test(message) ? input.text.length : (document?.errors[0]?.pos[0] ?? 0)
    const at = told === undefined ? end : Number(told)
    const what = `not JSON: ${plain(message.replace(/ in JSON at position \d+.*| \(line \d+ column \d+\)/g, ''))}`
    const instead = 'write JSON (no comments, no comma at the end, names in quotes), or name the file .yaml'
    return { problems: [{ file: input.file, ...position(counter, at), path: '', what, instead }] }
  }
}

function yamlHint(code: string): string {
  switch (code) {
    case 'DUPLICATE_KEY':
      return 'write each key once'
    case 'TAB_AS_INDENT':
      return 'indent with spaces'
    case 'BAD_INDENT':
      return 'indent what belongs together by the same number of spaces'
    case 'MISSING_CHAR':
      return 'close the quote, bracket or brace'
    default:
      return 'put a text with special characters in quotes, and check the indentation'
  }
}

/** Where a pointer's value begins; for a key that is not there, where it should have been. */
function placeOf(document: Document, counter: LineCounter, pointer: string): { line: number; column: number } {
  let node: Node | null = document.contents
  let offset = node?.range?.[0] ?? 0
  for (const part of pointerParts(pointer)) {
    if (isAlias(node)) node = node.resolve(document) ?? null
    if (isMap(node)) {
      const pair = node.items.find(item => isPair(item) && String(keyText(item.key)) === part)
      if (pair === undefined) break
      offset = (pair.key as Node | null)?.range?.[0] ?? offset
      node = pair.value as Node | null
    } else if (isSeq(node)) {
      const item: unknown = node.items[Number(part)]
      if (item === undefined) break
      node = item as Node
      offset = node.range?.[0] ?? offset
    } else break
  }
  return position(counter, offset)
}

function keyText(key: unknown): unknown {
  return typeof key === 'object' && key !== null ? valueAt(key, ['value']) : key
}

function position(counter: LineCounter, offset: number): { line: number; column: number } {
  const { line, col } = counter.linePos(offset)
  return { line: Math.max(1, line), column: Math.max(1, col) }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** A message of a reader as part of a sentence. */
function plain(message: string): string {
  const first = message.split('\n')[0] ?? message
  return first.charAt(0).toLowerCase() + first.slice(1)
}
