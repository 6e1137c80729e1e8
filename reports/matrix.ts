/** The interop matrix: pairs down, tests across, a mark in each cell, and below it why. */
import picocolors from 'picocolors'
import { type Cell, type CellOutcome, type InteropReport, testName } from '../scenarios/language/interop.ts'
import { plain } from './escape.ts'

export const CELL_MARKS: Readonly<Record<CellOutcome, string>> = {
  pass: '✓',
  known: '≠',
  fail: '✗',
  inconclusive: '?',
  unsupported: '–',
  skipped: '·',
}

const OUTCOMES = ['pass', 'known', 'fail', 'inconclusive', 'unsupported', 'skipped'] as const satisfies CellOutcome[]

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

/** `225 pass, 30 known, 0 fail; 12 known differences on the list` */
export function matrixTotals({ totals, differences, cells }: InteropReport): string {
  const shown = OUTCOMES.filter(outcome => outcome === 'pass' || outcome === 'fail' || totals[outcome] > 0)
  const counts = shown.map(outcome => `${totals[outcome]} ${outcome}`).join(', ')
  return `${cells.length} cells: ${counts}; known differences on the list: ${differences.length}`
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
    ...knownLines(report, yellow),
    ...reasonLines(report, dim),
  ]
  if (out !== undefined) lines.push('', ` ${dim('evidence')}  ${plain(out)}`)
  return `${lines.join('\n')}\n`
}

function failureLines(report: InteropReport, loud: (text: string) => string, dim: (text: string) => string): string[] {
  const bad = report.cells.filter(cell => cell.outcome === 'fail' || cell.outcome === 'inconclusive')
  return bad.flatMap(cell => [
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

function knownLines({ differences, stale }: InteropReport, loud: (text: string) => string): string[] {
  const lines = differences.flatMap((entry, place) => {
    const what = `${plain(entry.implementation)} as ${entry.seat}: ${testName(entry.test)}, "${plain(entry.check)}"`
    if (stale.includes(place)) return [loud(` not needed any more: ${what}; take the entry off the list`)]
    if (entry.used === 0) return []
    const cells = entry.used === 1 ? '1 cell' : `${entry.used} cells`
    return [` ${loud('≠')} ${what} (${cells}): ${plain(entry.reason)} [${plain(entry.source)}]`]
  })
  return lines.length === 0 ? [] : ['', ...lines]
}

/** Each reason once. */
function reasonLines(report: InteropReport, dim: (text: string) => string): string[] {
  const reasons = new Map<string, number>()
  for (const { outcome, because } of report.cells) {
    if (outcome !== 'skipped' && outcome !== 'unsupported') continue
    const text = `${outcome}: ${plain(because)}`
    reasons.set(text, (reasons.get(text) ?? 0) + 1)
  }
  const lines = [...reasons].map(([text, count]) => dim(` ${text} (${count === 1 ? '1 cell' : `${count} cells`})`))
  return lines.length === 0 ? [] : ['', ...lines]
}

/** For a page on GitHub. Ends with a line break. */
export function matrixMarkdown(report: InteropReport): string {
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  const bad = report.cells.filter(cell => cell.outcome === 'fail' || cell.outcome === 'inconclusive')
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
    ...report.differences
      .filter(entry => entry.used > 0)
      .map(
        ({ implementation, seat, test, check, reason, source }) =>
          `- ≠ ${inert(implementation)} as ${seat}, ${inert(testName(test))}, "${inert(check)}": ${inert(reason)} (${inert(source)})`,
      ),
  ]
  return `${lines.join('\n')}\n`
}

function inert(text: string): string {
  return plain(text)
    .replace(/[&<>]/g, char => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[char] ?? char)
    .replace(/[\\`*_[\]|~#]/g, char => `\\${char}`)
}

const PAGE_STYLE =
  'body{font:15px/1.5 system-ui,sans-serif;margin:2em}table{border-collapse:collapse}td,th{border:1px solid #8884;padding:4px 8px;text-align:center}td:first-child,th:first-child{text-align:left}thead th{font-weight:500;writing-mode:vertical-rl;text-align:left}thead th:first-child{writing-mode:initial}.pass{color:#1a7f37}.fail{background:#cf222e;color:#fff}.known{color:#9a6700}.skipped,.unsupported{color:#8888}a{color:inherit;text-decoration:none}'

/** A page by itself; each cell leads to its ladder. `link`: of a cell, seen from the page. Ends with a line break. */
export function matrixHtml(report: InteropReport, link: (cell: Cell) => string | undefined): string {
  const cellHtml = (cell: Cell | undefined): string => {
    if (cell === undefined) return '<td></td>'
    const to = link(cell)
    const mark = CELL_MARKS[cell.outcome]
    const inside = to === undefined ? mark : `<a href="${entity(encodeURI(to))}">${mark}</a>`
    return `<td class="${cell.outcome}" title="${entity(cell.because)}">${inside}</td>`
  }
  const heads = report.tests.map(({ id, title }) => `<th title="${entity(title)}">${entity(testName(id))}</th>`)
  const rows = pairRows(report).map(
    ({ name, cells }) => `<tr><td>${entity(name)}</td>${cells.map(cellHtml).join('')}</tr>`,
  )
  const known = report.differences
    .filter(entry => entry.used > 0)
    .map(
      ({ implementation, seat, test, check, reason, source }) =>
        `<li>${entity(`${implementation} as ${seat}, ${testName(test)}, "${check}": ${reason} (${source})`)}</li>`,
    )
  return `${[
    '<!DOCTYPE html>',
    '<html lang="en"><head><meta charset="utf-8"><title>wglab interop</title>',
    `<style>${PAGE_STYLE}</style></head><body>`,
    `<h1>interop</h1><p>${entity(matrixTotals(report))}</p>`,
    `<table><thead><tr><th>initiator → responder</th>${heads.join('')}</tr></thead><tbody>`,
    ...rows,
    '</tbody></table>',
    ...(known.length === 0 ? [] : ['<h2>Known differences</h2><ul>', ...known, '</ul>']),
    '</body></html>',
  ].join('\n')}\n`
}

function entity(text: string): string {
  return plain(text).replace(
    /[&<>"']/g,
    char => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' })[char] ?? char,
  )
}
