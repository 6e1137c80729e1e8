/** The comparison of two casts, for a terminal and for a page. */
import type { Divergence, ParityReport, ParityResult } from '../scenarios/language/parity.ts'
import { plain } from './escape.ts'

export interface ParityTextOptions {
  readonly bold: (text: string) => string
  readonly dim: (text: string) => string
  readonly red: (text: string) => string
  readonly green: (text: string) => string
  /** A divergence in one line. */
  readonly say: (divergence: Divergence) => string
}

const MOST_DIVERGENCES = 5

/** For a terminal. Ends with a line break. */
export function parityText(report: ParityReport, options: ParityTextOptions): string {
  const lines = report.results.flatMap(result => resultLines(result, options))
  const { bold, red } = options
  for (const { scenario, implementation, ...rest } of report.stale) {
    const what = 'check' in rest ? `"${rest.check}"` : `${rest.message} from ${rest.host} to ${rest.peer}`
    lines.push(
      red(`  not needed any more: ${scenario}, ${implementation}: ${plain(what)}; take the entry off the list`),
    )
  }
  if (report.smallest !== undefined) lines.push('', ...smallestLines(report.smallest, options))
  lines.push('', ` ${bold(parityTotals(report))}`)
  return `${lines.join('\n')}\n`
}

function smallestLines(
  { scenario, result, asked }: NonNullable<ParityReport['smallest']>,
  options: ParityTextOptions,
): string[] {
  const head = options.bold(`  The first that differs, made smaller (${asked} comparisons):`)
  const text = JSON.stringify(scenario, null, 2).split('\n')
  return [head, ...resultLines(result, options), ...text.map(line => `      ${plain(line)}`)]
}

/** `140 same, 2 by chance, 1 known, 0 differ, 12 unsupported; 1 known difference in the file` */
export function parityTotals({ totals, known }: ParityReport): string {
  const { same, chance, known: met, differs, unsupported, skipped } = totals
  const parts = [
    `${same} same`,
    `${chance} the same but for jitter`,
    `${met} with known differences`,
    `${differs} differ`,
  ]
  if (unsupported > 0) parts.push(`${unsupported} unsupported`)
  if (skipped > 0) parts.push(`${skipped} skipped`)
  return `${parts.join(', ')}; known differences on the list: ${known}`
}

const MARKS: Readonly<Record<ParityResult['outcome'], string>> = {
  same: '=',
  chance: '≈',
  known: '≡',
  differs: '≠',
  unsupported: '-',
  skipped: '-',
}

function resultLines(result: ParityResult, { dim, red, green, bold, say }: ParityTextOptions): string[] {
  const { outcome, scenario, seed, messages, because, wall_ms } = result
  const mark = outcome === 'differs' ? red(MARKS[outcome]) : green(MARKS[outcome])
  const players = playersText(result)
  const took = `${(wall_ms / 1000).toFixed(2)} s`
  const head = `  ${mark} ${bold(plain(scenario))}  seed ${plain(seed)}  ${players}  ${messages.a}/${messages.b} messages  ${dim(took)}`
  if (outcome === 'same') return [head]
  if (outcome !== 'differs') return [head, dim(`      ${plain(because)}`)]
  const { divergences, story, reproduce } = result
  const rest = divergences.length - MOST_DIVERGENCES
  return [
    head,
    ...divergences.slice(0, MOST_DIVERGENCES).map(each => `      ${plain(say(each))}`),
    ...(rest > 0 ? [dim(`      … and ${rest} more`)] : []),
    ...storyLines('A', story.a),
    ...storyLines('B', story.b),
    dim(`      ${plain(reproduce)}`),
  ]
}

function storyLines(side: string, story: readonly string[]): string[] {
  return story.length === 0 ? [] : [`      ${side}, before it:`, ...story.map(line => `      ${plain(line)}`)]
}

/** `alice: ours | kernel-6.12` for each seat that differs. */
function playersText({ a, b }: ParityResult): string {
  const seats = Object.keys(b).filter(host => a[host] !== b[host])
  return seats.map(host => `${host}: ${a[host] ?? 'ours'} | ${b[host]}`).join(', ')
}

/** A page for a pull request. Ends with a line break. */
export function parityMarkdown(report: ParityReport, say: (divergence: Divergence) => string): string {
  const cell = (text: string) => plain(text).replaceAll('|', '\\|').replaceAll('\n', ' ').replaceAll('<', '&lt;')
  const rows = report.results.map(result => {
    const { outcome, scenario, seed, because, messages } = result
    const cells = [scenario, seed, playersText(result), `${messages.a} / ${messages.b}`, outcome, because]
    return `| ${cells.map(cell).join(' | ')} |`
  })
  const differing = report.results.filter(({ outcome }) => outcome === 'differs')
  const details = differing.flatMap(({ scenario, divergences, story }) => [
    '',
    `### ${cell(scenario)}`,
    '',
    ...divergences.slice(0, MOST_DIVERGENCES).map(each => `- ${cell(say(each))}`),
    '',
    '```',
    ...['A:', ...story.a, 'B:', ...story.b].map(line => plain(line).replaceAll('```', "'''")),
    '```',
  ])
  return [
    `## Parity: ${parityTotals(report)}`,
    '',
    '| scenario | seed | A \\| B | messages | outcome | because |',
    '|---|---|---|---|---|---|',
    ...rows,
    ...details,
    '',
  ].join('\n')
}
