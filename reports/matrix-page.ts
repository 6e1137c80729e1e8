/** The interop matrix as a page by itself: every cell leads to its evidence. */
import { type Cell, type InteropReport, testName } from '../scenarios/language/interop.ts'
import { plain } from './escape.ts'
import {
  CELL_MARKS,
  cellCount,
  failedCells,
  knownGroups,
  matrixTotals,
  OUTCOMES,
  pairName,
  pairRows,
  reasonsNotRun,
  versions,
  whose,
} from './matrix.ts'

const STYLE = [
  ':root{color-scheme:light dark}body{font:15px/1.5 system-ui,sans-serif;margin:2em;max-width:80em}',
  'table{border-collapse:collapse}td,th{border:1px solid #8884;padding:4px 8px;text-align:center}',
  'td:first-child,th:first-child{text-align:left;white-space:nowrap}tbody tr:hover{background:#8882}',
  '.matrix thead th{font-weight:500;writing-mode:vertical-rl;text-align:left}.matrix thead th:first-child{writing-mode:initial}',
  '.list td{text-align:left;vertical-align:top}.list td:first-child{white-space:normal}code{font-size:.9em}',
  '.pass{color:#1a7f37}.fail,.inconclusive{background:#cf222e;color:#fff}.known{background:#d4a72c55}.skipped,.unsupported{color:#8888}',
  'td a{display:block;color:inherit;text-decoration:none}dt{margin-top:1em}.legend span{margin-right:1.5em;padding:0 .4em}',
].join('')

/** `link`: to the evidence of a cell, seen from the page. Ends with a line break. */
export function matrixHtml(report: InteropReport, link: (cell: Cell) => string | undefined): string {
  const shown = OUTCOMES.filter(outcome => report.totals[outcome] > 0)
  const legend = shown.map(outcome => `<span class="${outcome}">${CELL_MARKS[outcome]} ${outcome}</span>`)
  const heads = report.tests.map(({ id, title }) => `<th title="${entity(title)}">${entity(testName(id))}</th>`)
  const rows = pairRows(report).map(
    ({ name, cells }) => `<tr><td>${entity(name)}</td>${cells.map(cell => cellHtml(cell, link)).join('')}</tr>`,
  )
  return `${[
    '<!DOCTYPE html>',
    '<html lang="en"><head><meta charset="utf-8"><title>wglab interop</title>',
    `<style>${STYLE}</style></head><body>`,
    `<h1>interop</h1><p>${entity(matrixTotals(report))}</p><p>${entity(versions(report).join(' · '))}</p>`,
    `<p class="legend">${legend.join('')}</p>`,
    `<table class="matrix"><thead><tr><th>initiator → responder</th>${heads.join('')}</tr></thead><tbody>`,
    ...rows,
    '</tbody></table>',
    '<p>A cell leads to the ladder of its run. Beside each ladder stand its capture and its trace.</p>',
    ...failures(report, link),
    ...knownTable(report),
    ...notRun(report),
    '</body></html>',
  ].join('\n')}\n`
}

function cellHtml(cell: Cell | undefined, link: (cell: Cell) => string | undefined): string {
  if (cell === undefined) return '<td></td>'
  const mark = CELL_MARKS[cell.outcome]
  const title = `${pairName(cell)}, ${testName(cell.test)}: ${cell.because}`
  return `<td class="${cell.outcome}" title="${entity(title)}">${linked(mark, link(cell))}</td>`
}

function linked(text: string, to: string | undefined): string {
  return to === undefined ? text : `<a href="${entity(encodeURI(to))}">${text}</a>`
}

function failures(report: InteropReport, link: (cell: Cell) => string | undefined): string[] {
  const bad = failedCells(report)
  if (bad.length === 0) return []
  const items = bad.flatMap(cell => [
    `<dt>${linked(entity(`${pairName(cell)}, ${testName(cell.test)}`), link(cell))}</dt>`,
    ...(cell.failed.length === 0 ? [`<dd>${entity(cell.because)}</dd>`] : []),
    ...cell.failed.map(
      ({ name, expected, actual }) =>
        `<dd><b>${entity(name)}</b>: ${entity(actual)} Expected: ${entity(expected)}</dd>`,
    ),
    `<dd><code>${entity(cell.reproduce)}</code></dd>`,
  ])
  return ['<h2>What does not hold</h2><dl>', ...items, '</dl>']
}

function knownTable(report: InteropReport): string[] {
  const groups = knownGroups(report)
  const stale = report.stale.flatMap(place => report.differences[place] ?? [])
  const rows = groups.map(
    group =>
      `<tr><td>${entity(whose(group))}</td><td>${group.message}</td><td>${group.checks.map(entity).join('<br>')}</td><td>${entity(group.reason)}</td><td><code>${entity(group.source)}</code></td><td>${group.cells}</td></tr>`,
  )
  const head = ['who, where', 'message', 'checks', 'what it does', 'in its source', 'cells']
  return [
    ...(rows.length === 0
      ? []
      : [
          '<h2>Known differences</h2><table class="list">',
          `<thead><tr>${head.map(each => `<th>${each}</th>`).join('')}</tr></thead><tbody>`,
          ...rows,
          '</tbody></table>',
        ]),
    ...(stale.length === 0
      ? []
      : [
          '<h2>Not needed any more</h2><ul>',
          ...stale.map(entry => `<li>${entity(`${whose(entry)}, "${entry.check}"`)}</li>`),
          '</ul>',
        ]),
  ]
}

function notRun(report: InteropReport): string[] {
  const items = reasonsNotRun(report).map(({ text, cells }) => `<li>${entity(text)} (${cellCount(cells)})</li>`)
  return items.length === 0 ? [] : ['<h2>Not run</h2><ul>', ...items, '</ul>']
}

function entity(text: string): string {
  return plain(text).replace(
    /[&<>"']/g,
    char => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' })[char] ?? char,
  )
}
