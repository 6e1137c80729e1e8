/** The report for people at a terminal. */
import picocolors from 'picocolors'
import { formatNs } from '../scenarios/language/quantity.ts'
import type { Report, Verdict } from '../scenarios/language/verdict.ts'
import { plain } from './escape.ts'
import {
  aboutText,
  chapterName,
  chapters,
  isBad,
  MARKS,
  machineText,
  spanText,
  spentText,
  VERDICT_KINDS,
  verdictNames,
  wallText,
} from './summary.ts'

export interface TerminalOptions {
  readonly color: boolean
  /** Columns; at least 60 are used. */
  readonly width: number
  /** Where the report is, said at the end. */
  readonly out?: string
}

type Colors = ReturnType<typeof picocolors.createColors>

interface Page {
  readonly colors: Colors
  readonly width: number
  readonly name: (verdict: Verdict) => string
}

const LABEL = 12
/** Below this width a title is worth more than the chapter's name once more. */
const SHORT_NAMES = 120
/** Below this one it is also worth more than the real time a run took. */
const NO_WALL = 80

/** The table of verdicts by chapter, the totals, each failure as a block, and where the report is. Ends with a line break. */
export function terminalReport(report: Report, options: TerminalOptions): string {
  const names = verdictNames(report)
  const page: Page = {
    colors: picocolors.createColors(options.color),
    width: Math.max(60, options.width),
    name: verdict => plain(names(verdict)),
  }
  const bad = report.verdicts.filter(isBad)
  const lines = [
    header(report, page),
    '',
    ...table(report, page),
    ...totals(report, page),
    ...reasons(report, page),
    ...warnings(report, page),
    ...bad.flatMap((verdict, index) => ['', ...failure(verdict, index + 1, bad.length, page)]),
  ]
  if (options.out !== undefined) lines.push('', ` ${page.colors.dim('report')}  ${plain(options.out)}`)
  return `${lines.join('\n')}\n`
}

function header(report: Report, page: Page): string {
  const about = `seed ${plain(report.seed)} · ${plain(machineText(report))}`
  const name = `${report.tool.name} ${report.tool.version}`
  return ` ${page.colors.bold(plain(name))}  ${page.colors.dim(clip(about, page.width - name.length - 4))}`
}

interface Widths {
  readonly name: number
  readonly title: number
  readonly virtual: number
  /** With the gap before it; 0: not shown. */
  readonly wall: number
}

/** Mark, id, title or reason, virtual time, wall time. Where it is narrow the chapter's name is not said twice. */
function table(report: Report, page: Page): string[] {
  const longest = (texts: string[]) => Math.max(0, ...texts.map(columns))
  const names = report.verdicts.map(verdict => rowName(verdict, page))
  const name = Math.min(longest(names), Math.floor(page.width * 0.45))
  const virtual = longest(['virtual', ...report.verdicts.map(verdict => spanText(verdict.virtual_s))])
  const wall = page.width < NO_WALL ? 0 : 2 + longest(['took', ...report.verdicts.map(each => wallText(each.wall_ms))])
  const widths = { name, title: Math.max(8, page.width - 10 - name - virtual - wall), virtual, wall }
  const { dim, bold } = page.colors
  return chapters(report).flatMap((chapter, index) => {
    const title = plain(chapter.name)
    const heads =
      index > 0
        ? ''
        : 'virtual'.padStart(page.width - 2 - columns(title) - wall) + (wall === 0 ? '' : 'took'.padStart(wall))
    return [
      ` ${bold(title)}${heads === '' ? '' : dim(heads)}`,
      ...chapter.verdicts.map(verdict => tableRow(verdict, widths, page)),
      '',
    ]
  })
}

function tableRow(verdict: Verdict, widths: Widths, page: Page): string {
  const name = pad(clip(rowName(verdict, page), widths.name), widths.name)
  const start = `   ${colour(verdict, page)(MARKS[verdict.verdict])} ${name}  `
  const ran = verdict.verdict !== 'unsupported' && verdict.verdict !== 'skipped'
  const title = clip(plain(aboutText(verdict)), ran ? widths.title : widths.title + 2 + widths.virtual + widths.wall)
  const style = verdict.verdict === 'pass' ? (text: string) => text : colour(verdict, page)
  if (!ran) return `${start}${style(title)}`
  const wall = widths.wall === 0 ? '' : wallText(verdict.wall_ms).padStart(widths.wall)
  const times = spanText(verdict.virtual_s).padStart(widths.virtual) + wall
  return `${start}${style(title)}${' '.repeat(widths.title - columns(title))}  ${page.colors.dim(times)}`
}

function rowName(verdict: Verdict, page: Page): string {
  const name = page.name(verdict)
  const folder = `${plain(chapterName(verdict.id))}/`
  return page.width < SHORT_NAMES && name.startsWith(folder) ? name.slice(folder.length) : name
}

function colour(verdict: Pick<Verdict, 'verdict'>, page: Page): (text: string) => string {
  switch (verdict.verdict) {
    case 'pass':
      return page.colors.green
    case 'fail':
      return page.colors.red
    case 'inconclusive':
      return page.colors.yellow
    case 'unsupported':
    case 'skipped':
      return page.colors.dim
  }
}

function totals(report: Report, page: Page): string[] {
  const shown = VERDICT_KINDS.filter(kind => kind === 'pass' || report.totals[kind] > 0)
  const counts = shown.map(kind => colour({ verdict: kind }, page)(page.colors.bold(`${report.totals[kind]} ${kind}`)))
  if (report.verdicts.length === 0) return [' nothing ran']
  return [` ${counts.join(page.colors.dim(' · '))}   ${page.colors.dim(spentText(report))}`]
}

/** Why something did not run, each reason once and whole: the table has room for the beginning alone. */
function reasons(report: Report, page: Page): string[] {
  const found = new Map<string, string[]>()
  for (const verdict of report.verdicts) {
    if (verdict.verdict !== 'unsupported' && verdict.verdict !== 'skipped') continue
    const reason = `${verdict.verdict}: ${plain(verdict.because)}`
    found.set(reason, [...(found.get(reason) ?? []), page.name(verdict)])
  }
  return [...found].flatMap(([reason, names]) => {
    const about = names.length === 1 ? names[0] : `${names.length} runs`
    return [
      '',
      ...field(reason.slice(0, reason.indexOf(':')), `${about}: ${reason.slice(reason.indexOf(':') + 2)}`, page),
    ]
  })
}

/** Warnings of runs that did not fail; the others say theirs in their block. */
function warnings(report: Report, page: Page): string[] {
  const lines = report.verdicts
    .filter(verdict => !isBad(verdict))
    .flatMap(verdict => verdict.warnings.map(warning => `${page.name(verdict)}: ${plain(warning)}`))
  return lines.length === 0 ? [] : ['', ...lines.flatMap(line => field('warning', line, page, page.colors.yellow))]
}

function failure(verdict: Verdict, index: number, of: number, page: Page): string[] {
  const { bold, dim, cyan } = page.colors
  const count = of > 1 ? ` ${index}/${of}` : ''
  const title = `${verdict.verdict.toUpperCase()}${count}  ${page.name(verdict)}`
  const rule = '─'.repeat(Math.max(0, page.width - 4 - columns(title)))
  const lines = [` ${colour(verdict, page)(bold(title))} ${dim(rule)}`]
  lines.push(...field('', verdict.title, page, bold))
  if (verdict.because !== '') lines.push(...field('because', verdict.because, page))
  const failed = verdict.checks.filter(check => check.result === 'fail')
  if (failed.length === 0) {
    lines.push(...field('expected', verdict.expected, page), ...field('actual', verdict.actual, page))
  }
  for (const check of failed) {
    lines.push('', ...field('check', check.name, page, bold))
    lines.push(...field('expected', check.expected, page), ...field('actual', check.actual, page))
    if (check.at !== undefined) lines.push(...field('when', formatNs(check.at), page))
    if (check.packets !== undefined && check.packets.length > 0) {
      lines.push(...field('packets', listed(check.packets), page))
    }
    if (check.likely !== undefined) lines.push(...field('likely', check.likely, page, page.colors.yellow))
  }
  if (verdict.requirements.length > 0) lines.push('', ...field('decides', verdict.requirements.join(', '), page))
  for (const warning of verdict.warnings) lines.push(...field('warning', warning, page, page.colors.yellow))
  if (verdict.story !== undefined && verdict.story.length > 0) {
    lines.push('', ...verdict.story.map(line => `   ${dim('│')} ${clip(plain(line), page.width - 6)}`))
  }
  // One line however long, so that it can be copied.
  lines.push('', `   ${dim('reproduce'.padEnd(LABEL))}${cyan(plain(verdict.reproduce))}`)
  return lines
}

/** The first dozen; a thousand packets tell no more. */
function listed(packets: readonly string[]): string {
  const rest = packets.length - 12
  return packets.slice(0, 12).join(' ') + (rest > 0 ? ` and ${rest} more` : '')
}

/** A label and a text that goes on below itself. Nothing when the text is empty. */
function field(label: string, text: string, page: Page, style: (text: string) => string = same => same): string[] {
  const lines = wrap(plain(text), page.width - 3 - LABEL - 1)
  return lines.map((line, i) => `   ${page.colors.dim((i === 0 ? label : '').padEnd(LABEL))}${style(line)}`)
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ').filter(part => part !== '')) {
    if (line !== '' && columns(line) + 1 + columns(word) > width) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return line === '' ? lines : [...lines, line]
}

/** Columns a text takes: one a character, two for wide ones, none for marks that combine. */
export function columns(text: string): number {
  let sum = 0
  for (const char of text)
    sum += /\p{M}/u.test(char)
      ? 0
      : /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u.test(
            char,
          )
        ? 2
        : 1
  return sum
}

function clip(text: string, width: number): string {
  if (columns(text) <= width) return text
  let out = ''
  for (const char of text) {
    if (columns(out) + columns(char) > width - 1) break
    out += char
  }
  return `${out}…`
}

function pad(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - columns(text)))
}
