/** The report as a comment on a pull request, or a step's summary. */
import { formatNs } from '../scenarios/language/quantity.ts'
import type { Report, Verdict } from '../scenarios/language/verdict.ts'
import { plain } from './escape.ts'
import {
  aboutText,
  chapters,
  isBad,
  MARKS,
  machineText,
  spanText,
  spentText,
  totalsText,
  verdictNames,
  wallText,
} from './summary.ts'

export interface MarkdownOptions {
  /** Characters at most; what does not fit is said. Default 60,000: a comment on GitHub holds 65,536. */
  readonly maxChars?: number
}

/** Failures open and first, the whole table folded away. Ends with a line break. */
export function markdownReport(report: Report, options: MarkdownOptions = {}): string {
  const names = verdictNames(report)
  const bad = report.verdicts.filter(isBad)
  const state = bad.length > 0 ? '❌' : report.totals.pass > 0 ? '✅' : '⚪'
  const head = [
    `### ${state} ${inert(report.tool.name)}: ${totalsText(report)}`,
    '',
    `${spentText(report)}, seed ${code(report.seed)}, ${inert(machineText(report))}, ${inert(report.tool.name)} ${inert(report.tool.version)}`,
    '',
    '',
  ].join('\n')
  const blocks = [
    ...bad.map(verdict => failure(verdict, names)),
    ...chapters(report).map(chapter => table(chapter, names)),
  ]
  const most = (options.maxChars ?? 60_000) - 200
  let out = head
  let left = blocks.length
  for (const block of blocks) {
    if (out.length + block.length + 1 > most) break
    out += `${block}\n`
    left--
  }
  return left === 0
    ? out
    : `${out}_… ${left} of ${blocks.length} parts did not fit; the whole report is among the artefacts._\n`
}

function failure(verdict: Verdict, names: (verdict: Verdict) => string): string {
  const lines = [
    `<details open><summary>${MARKS[verdict.verdict]} <b>${inert(names(verdict))}</b> ${inert(verdict.title)}</summary>`,
    '',
  ]
  if (verdict.because !== '') lines.push(`${inert(verdict.because)}`, '')
  const failed = verdict.checks.filter(check => check.result === 'fail')
  if (failed.length === 0) lines.push(`- expected: ${inert(verdict.expected)}`, `- actual: ${inert(verdict.actual)}`)
  for (const check of failed) {
    const when = check.at === undefined ? '' : ` at ${formatNs(check.at)}`
    lines.push(`- **${inert(check.name)}**${when}`)
    lines.push(`  - expected: ${inert(check.expected)}`, `  - actual: ${inert(check.actual)}`)
    if (check.packets !== undefined && check.packets.length > 0) {
      lines.push(`  - packets: ${code(check.packets.slice(0, 12).join(' '))}`)
    }
    if (check.likely !== undefined) lines.push(`  - likely: ${inert(check.likely)}`)
  }
  if (verdict.story !== undefined && verdict.story.length > 0) lines.push('', fence(verdict.story, 'text'))
  lines.push('', fence([verdict.reproduce], 'sh'), '', '</details>', '')
  return lines.join('\n')
}

function table(chapter: ReturnType<typeof chapters>[number], names: (verdict: Verdict) => string): string {
  const passed = chapter.verdicts.filter(verdict => verdict.verdict === 'pass').length
  const rows = chapter.verdicts.map(verdict => {
    return `| ${MARKS[verdict.verdict]} | ${inert(names(verdict))} | ${inert(aboutText(verdict))} | ${spanText(verdict.virtual_s)} | ${wallText(verdict.wall_ms)} |`
  })
  return [
    `<details><summary>${inert(chapter.name)}: ${passed} of ${chapter.verdicts.length} pass</summary>`,
    '',
    '| | scenario | | virtual | took |',
    '|---|---|---|--:|--:|',
    ...rows,
    '',
    '</details>',
    '',
  ].join('\n')
}

/** Nothing of a text becomes a link, a mention, markup or a table cell. */
function inert(text: string): string {
  return plain(text)
    .replace(/[&<>]/g, char => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[char] ?? char)
    .replace(/[\\`*_[\]|~#]/g, char => `\\${char}`)
    .replace(/@/g, '@<!-- -->')
}

function code(text: string): string {
  return `<code>${inert(text)}</code>`
}

/** A fence longer than any run of backticks inside. */
function fence(lines: readonly string[], language: string): string {
  const body = lines.map(plain).join('\n')
  const longest = Math.max(2, ...[...body.matchAll(/`+/g)].map(match => match[0].length))
  const ticks = '`'.repeat(longest + 1)
  return `${ticks}${language}\n${body}\n${ticks}`
}
