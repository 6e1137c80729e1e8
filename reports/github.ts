/** Annotations for a GitHub workflow: lines that the runner reads from standard output. */
import type { Report, Verdict } from '../scenarios/language/verdict.ts'
import { plain } from './escape.ts'
import { isBad, totalsText, verdictNames } from './summary.ts'

export interface GithubOptions {
  /** The file of a scenario within the repository, where there is one: the annotation stands there. */
  readonly file?: (verdict: Verdict) => string | undefined
}

/** GitHub shows ten annotations of a kind for each step. */
const MOST = 10

/** One `::error` for each failure, a warning for the ones beyond the limit, a notice with the totals. */
export function githubAnnotations(report: Report, options: GithubOptions = {}): string {
  const names = verdictNames(report)
  const bad = report.verdicts.filter(isBad)
  const lines = bad.slice(0, MOST).map(verdict => {
    const file = options.file?.(verdict)
    const properties = { ...(file === undefined ? {} : { file }), title: `${verdict.verdict}: ${names(verdict)}` }
    return command('error', properties, message(verdict))
  })
  if (bad.length > MOST) {
    lines.push(command('warning', { title: report.tool.name }, `${bad.length - MOST} failures more: see the report`))
  }
  lines.push(command('notice', { title: report.tool.name }, totalsText(report)))
  return `${lines.join('\n')}\n`
}

function message(verdict: Verdict): string {
  const failed = verdict.checks.filter(check => check.result === 'fail')
  const lines = [plain(verdict.title)]
  if (verdict.because !== '') lines.push(plain(verdict.because))
  for (const { name, expected, actual, likely } of failed) {
    lines.push(
      plain(`${name}: expected ${expected}; actual ${actual}${likely === undefined ? '' : `; likely ${likely}`}`),
    )
  }
  if (failed.length === 0) lines.push(plain(`expected ${verdict.expected}; actual ${verdict.actual}`))
  return [...lines, plain(verdict.reproduce)].join('\n')
}

function command(
  name: 'error' | 'warning' | 'notice',
  properties: Readonly<Record<string, string>>,
  data: string,
): string {
  const written = Object.entries(properties).map(([key, value]) => `${key}=${propertyText(plain(value))}`)
  return `::${name} ${written.join(',')}::${dataText(data)}`
}

function dataText(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}

function propertyText(text: string): string {
  return dataText(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
}
