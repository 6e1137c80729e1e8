/** The report of a run, in all its forms. */
import { accessSync, constants, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { githubAnnotations } from '../reports/github.ts'
import { htmlReport } from '../reports/html.ts'
import { jsonReport } from '../reports/json.ts'
import { junitXml } from '../reports/junit.ts'
import { markdownReport } from '../reports/markdown.ts'
import { terminalReport } from '../reports/terminal.ts'
import type { Report, Verdict, VerdictKind } from '../scenarios/language/verdict.ts'
import { outputWidth, wantsColor } from './colour.ts'
import { UserError } from './exit.ts'
import { writeWhole } from './files.ts'
import { VERSION } from './package.ts'
import { systemText } from './system.ts'

export const REPORTERS = ['terminal', 'json', 'junit', 'github', 'markdown', 'none'] as const
export type ReporterName = (typeof REPORTERS)[number]

export function makeReport(verdicts: readonly Verdict[], seed: string): Report {
  const totals: Record<VerdictKind, number> = { pass: 0, fail: 0, unsupported: 0, skipped: 0, inconclusive: 0 }
  for (const verdict of verdicts) totals[verdict.verdict]++
  return {
    schema: 'wglab/report@1',
    tool: { name: 'wglab', version: VERSION },
    machine: { platform: `${process.platform}-${process.arch}`, node: process.version, crypto: 'node:crypto' },
    seed,
    totals,
    verdicts,
  }
}

/** Makes the folder and sees that it can be written, before anything runs. Throws UserError when that can not be. */
export function prepareFolder(out: string): void {
  try {
    mkdirSync(out, { recursive: true })
    accessSync(out, constants.W_OK | constants.X_OK)
  } catch (error) {
    throw new UserError(`--out ${out}: ${systemText(error)}`)
  }
}

/** Writes report.json, junit.xml and index.html under `out`; returns what is to be printed. Throws UserError when `out` can not be written. */
export function writeReports(report: Report, out: string, reporter: ReporterName): string {
  try {
    writeWhole(join(out, 'report.json'), jsonReport(report))
    writeWhole(join(out, 'junit.xml'), junitXml(report))
    writeWhole(join(out, 'index.html'), htmlReport(report, { folder: out, ladder: inlineLadders(report) }))
  } catch (error) {
    throw new UserError(`--out ${out}: ${systemText(error)}`)
  }
  switch (reporter) {
    case 'terminal':
      return terminalReport(report, { color: wantsColor(), width: outputWidth(), out: join(out, 'index.html') })
    case 'json':
      return jsonReport(report)
    case 'junit':
      return junitXml(report)
    case 'github':
      return githubAnnotations(report)
    case 'markdown':
      return markdownReport(report)
    case 'none':
      return ''
  }
}

/** More than these would make a page that no browser opens; the others are linked. */
const MOST_LADDERS = 200

/** The ladders for the page to hold, so that it is one file that opens anywhere: failures first. */
function inlineLadders(report: Report): (verdict: Verdict) => string | undefined {
  const bad = report.verdicts.filter(each => each.verdict === 'fail' || each.verdict === 'inconclusive')
  const inside = new Set([...bad, ...report.verdicts].slice(0, MOST_LADDERS))
  return verdict => {
    const path = verdict.artefacts['svg']
    if (path === undefined || !inside.has(verdict) || !existsSync(path)) return undefined
    return readFileSync(path, 'utf8')
  }
}
