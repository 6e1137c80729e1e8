/** The interop matrix: pairs down, tests across, a mark in each cell, and below it why. */
import picocolors from 'picocolors'
import {
  type Cell,
  type CellOutcome,
  type InteropDifference,
  type InteropReport,
  testName,
} from '../scenarios/language/interop.ts'
import { plain } from './escape.ts'

export const CELL_MARKS: Readonly<Record<CellOutcome, string>> = {
  pass: '✓',
  known: '≠',
  fail: '✗',
  inconclusive: '?',
  unsupported: '–',
  skipped: '·',
}

export const OUTCOMES = [
  'pass',
  'known',
  'fail',
  'inconclusive',
  'unsupported',
  'skipped',
] as const satisfies CellOutcome[]

/** `ours → kernel-6.12` */
export function pairName({ initiator, responder }: Pick<Cell, 'initiator' | 'responder'>): string {
  return `${plain(initiator)} → ${plain(responder)}`
}

export interface PairRow {
  readonly name: string
  /** One for each test, in their order. */
  readonly cells: readonly (Cell | undefined)[]
}

/** The rows of the matrix, in the order of the cells. */
export function pairRows({ tests, cells }: InteropReport): PairRow[] {
  const rows = new Map<string, Map<string, Cell>>()
  for (const cell of cells) {
    const name = pairName(cell)
    const row = rows.get(name) ?? new Map<string, Cell>()
    if (row.size === 0) rows.set(name, row)
    row.set(cell.test, cell)
  }
  return [...rows].map(([name, row]) => ({ name, cells: tests.map(({ id }) => row.get(id)) }))
}

/** `225 pass, 30 known, 0 fail; known differences on the list: 12` */
export function matrixTotals({ totals, differences, cells }: InteropReport): string {
  const shown = OUTCOMES.filter(outcome => outcome === 'pass' || outcome === 'fail' || totals[outcome] > 0)
  const counts = shown.map(outcome => `${totals[outcome]} ${outcome}`).join(', ')
  return `${cells.length} cells: ${counts}; known differences on the list: ${differences.length}`
}

/** Entries of the list that say the same of several checks. */
export interface KnownGroup extends InteropDifference {
  readonly checks: readonly string[]
  /** That it explains. */
  readonly cells: number
}

/** Those that explain a cell. */
export function knownGroups({ differences, cells }: InteropReport): KnownGroup[] {
  const groups = new Map<string, { entry: InteropDifference; places: number[] }>()
  for (const [place, entry] of differences.entries()) {
    if (entry.used === 0) continue
    const { implementation, seat, test, message, reason, source } = entry
    const key = JSON.stringify([implementation, seat, test, message, reason, source])
    const group = groups.get(key) ?? { entry, places: [] }
    group.places.push(place)
    groups.set(key, group)
  }
  return [...groups.values()].map(({ entry, places }) => ({
    ...entry,
    checks: places.map(place => differences[place]?.check ?? ''),
    cells: cells.filter(cell => cell.known.some(place => places.includes(place))).length,
  }))
}

/** `3 cells` */
export function cellCount(count: number): string {
  return count === 1 ? '1 cell' : `${count} cells`
}

/** `boringtun as responder, passive-keepalive` */
export function whose({
  implementation,
  seat,
  test,
}: Pick<InteropDifference, 'implementation' | 'seat' | 'test'>): string {
  return `${implementation} as ${seat}, ${testName(test)}`
}

/** Why cells were not run, each reason once. */
export function reasonsNotRun({ cells }: InteropReport): { text: string; cells: number }[] {
  const reasons = new Map<string, number>()
  for (const { outcome, because } of cells) {
    if (outcome !== 'skipped' && outcome !== 'unsupported') continue
    const text = `${outcome}: ${because}`
    reasons.set(text, (reasons.get(text) ?? 0) + 1)
  }
  return [...reasons].map(([text, count]) => ({ text, cells: count }))
}

export function failedCells({ cells }: InteropReport): Cell[] {
  return cells.filter(cell => cell.outcome === 'fail' || cell.outcome === 'inconclusive')
}

/** `wireguard-go 0.0.20220316`, where the version is known. */
export function versions({ implementations }: InteropReport): string[] {
  return implementations.map(({ name, version }) => (version === undefined ? name : `${name} ${version}`))
}

/** Of a column. More than 26 tests get two letters. */
function letter(index: number): string {
  const last = String.fromCharCode(97 + (index % 26))
  return index < 26 ? last : letter(Math.floor(index / 26) - 1) + last
}

export interface MatrixTextOptions {
  readonly color: boolean
  /** Where the evidence is, said at the end. */
  readonly out?: string
}

/** For a terminal. Ends with a line break. */
export function matrixText(report: InteropReport, { color, out }: MatrixTextOptions): string {
  const { bold, dim, green, red, yellow } = picocolors.createColors(color)
  const tint = (outcome: CellOutcome): ((text: string) => string) => {
    if (outcome === 'pass') return green
    if (outcome === 'fail') return red
    return outcome === 'known' || outcome === 'inconclusive' ? yellow : dim
  }
  const rows = pairRows(report)
  const name = Math.max(0, ...rows.map(row => row.name.length))
  const letters = report.tests.map((_, i) => letter(i))
  const across = letters.map(each => each.padEnd(2)).join('')
  const marks = (row: PairRow) =>
    row.cells.map(cell => (cell === undefined ? '  ' : `${tint(cell.outcome)(CELL_MARKS[cell.outcome])} `)).join('')
  const lines = [
    ` ${bold(`${report.tool.name} ${report.tool.version}`)}  ${dim(`interop, seed ${plain(report.seed)}`)}`,
    ` ${dim(plain(versions(report).join(', ')))}`,
    '',
    ` ${dim('initiator → responder'.padEnd(name))}  ${dim(across)}`,
    ...rows.map(row => ` ${row.name.padEnd(Math.max(name, 21))}  ${marks(row)}`.trimEnd()),
    '',
    ...report.tests.map(
      ({ id, title }, i) => ` ${bold(letters[i]?.padEnd(2) ?? '')} ${testName(id)}  ${dim(plain(title))}`,
    ),
    '',
    ` ${bold(matrixTotals(report))}   ${dim(`${(report.wall_ms / 1000).toFixed(1)} s`)}`,
    ...failureLines(report, text => red(bold(text)), dim),
    ...knownLines(report, yellow, dim),
    ...reasonLines(report, dim),
  ]
  if (out !== undefined) lines.push('', ` ${dim('evidence')}  ${plain(out)}`)
  return `${lines.join('\n')}\n`
}

function failureLines(report: InteropReport, loud: (text: string) => string, dim: (text: string) => string): string[] {
  return failedCells(report).flatMap(cell => [
    '',
    ` ${loud(cell.outcome.toUpperCase())} ${pairName(cell)}: ${testName(cell.test)}`,
    ...(cell.failed.length === 0 ? [`   ${plain(cell.because)}`] : cell.failed.flatMap(checkLines)),
    `   ${dim('evidence')}   ${plain(cell.evidence)}`,
    `   ${dim('reproduce')}  ${plain(cell.reproduce)}`,
  ])
}

function checkLines({ name, expected, actual }: Cell['failed'][number]): string[] {
  return [`   ${plain(name)}: ${plain(actual)}`, `     expected: ${plain(expected)}`]
}

function knownLines(report: InteropReport, loud: (text: string) => string, dim: (text: string) => string): string[] {
  const known = knownGroups(report).flatMap(group => [
    '',
    ` ${loud('≠')} ${plain(whose(group))} (${cellCount(group.cells)}): ${group.checks.map(each => `"${plain(each)}"`).join(', ')}`,
    `   ${plain(group.reason)}`,
    `   ${dim(`${group.message}, ${plain(group.source)}`)}`,
  ])
  const stale = report.stale.flatMap(place => {
    const entry = report.differences[place]
    if (entry === undefined) return []
    return [loud(` not needed any more: ${plain(whose(entry))}, "${plain(entry.check)}"; take the entry off the list`)]
  })
  return [...known, ...(stale.length === 0 ? [] : ['', ...stale])]
}

function reasonLines(report: InteropReport, dim: (text: string) => string): string[] {
  const lines = reasonsNotRun(report).map(({ text, cells }) => dim(` ${plain(text)} (${cellCount(cells)})`))
  return lines.length === 0 ? [] : ['', ...lines]
}

/** For a page on GitHub. Ends with a line break. */
export function matrixMarkdown(report: InteropReport): string {
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  const bad = failedCells(report)
  const lines = [
    `### ${bad.length > 0 ? '❌' : '✅'} interop: ${matrixTotals(report)}`,
    '',
    row(['initiator → responder', ...report.tests.map(({ id }) => inert(testName(id)))]),
    row(['---', ...report.tests.map(() => ':-:')]),
    ...pairRows(report).map(({ name, cells }) =>
      row([inert(name), ...cells.map(cell => (cell === undefined ? '' : CELL_MARKS[cell.outcome]))]),
    ),
    '',
    ...bad.map(cell => `- **${inert(pairName(cell))}, ${inert(testName(cell.test))}**: ${inert(cell.because)}`),
    ...knownGroups(report).map(group => {
      const checks = group.checks.map(each => `"${inert(each)}"`).join(', ')
      return `- ≠ ${inert(whose(group))}: ${checks}: ${inert(group.reason)} (${group.message}, ${inert(group.source)})`
    }),
    ...reasonsNotRun(report).map(({ text, cells }) => `- ${inert(text)} (${cellCount(cells)})`),
  ]
  return `${lines.join('\n')}\n`
}

function inert(text: string): string {
  return plain(text)
    .replace(/[&<>]/g, char => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[char] ?? char)
    .replace(/[\\`*_[\]|~#]/g, char => `\\${char}`)
}
