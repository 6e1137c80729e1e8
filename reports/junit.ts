/** JUnit XML as Jenkins, GitLab and GitHub's readers take it: one suite a chapter, one case a verdict. */
import { formatNs } from '../scenarios/language/quantity.ts'
import type { Report, Verdict } from '../scenarios/language/verdict.ts'
import { xml, xmlAttribute } from './escape.ts'
import { type Chapter, chapters, verdictNames } from './summary.ts'

/** `junit.xml`. Failed: failure; inconclusive: error; unsupported and skipped: skipped, with the reason. */
export function junitXml(report: Report): string {
  const names = verdictNames(report)
  const suites = chapters(report).map(chapter => suite(chapter, report, names))
  const count = counts(report.verdicts)
  const head = element('testsuites', {
    name: report.tool.name,
    tests: count.tests,
    failures: count.failures,
    errors: count.errors,
    time: count.time,
  })
  return `${['<?xml version="1.0" encoding="UTF-8"?>', `${head}>`, ...suites, '</testsuites>'].join('\n')}\n`
}

function suite(chapter: Chapter, report: Report, names: (verdict: Verdict) => string): string {
  const worlds = [...new Set(chapter.verdicts.map(verdict => verdict.world))].join(',')
  // The schema allows properties in a suite only, so what belongs to a case carries its name.
  const properties = [
    property('tool', `${report.tool.name} ${report.tool.version}`),
    property('seed', report.seed),
    property('world', worlds),
    ...chapter.verdicts
      .filter(verdict => verdict.trace_sha256 !== '')
      .map(verdict => property(`trace_sha256/${names(verdict)}`, verdict.trace_sha256)),
  ]
  return [
    `  ${element('testsuite', { name: chapter.name, ...counts(chapter.verdicts) })}>`,
    '    <properties>',
    ...properties.map(line => `      ${line}`),
    '    </properties>',
    ...chapter.verdicts.map(verdict => testcase(verdict, chapter, names)),
    '  </testsuite>',
  ].join('\n')
}

function counts(verdicts: readonly Verdict[]) {
  const count = (...kinds: Verdict['verdict'][]) => verdicts.filter(verdict => kinds.includes(verdict.verdict)).length
  return {
    tests: String(verdicts.length),
    failures: String(count('fail')),
    errors: String(count('inconclusive')),
    skipped: String(count('unsupported', 'skipped')),
    time: seconds(verdicts.reduce((sum, verdict) => sum + verdict.wall_ms, 0)),
  }
}

function testcase(verdict: Verdict, chapter: Chapter, names: (verdict: Verdict) => string): string {
  const head = element('testcase', {
    classname: `wglab.${verdict.world}.${chapter.name}`,
    name: names(verdict),
    time: seconds(verdict.wall_ms),
  })
  const inside = [...result(verdict), `<system-out>${xml(output(verdict))}</system-out>`]
  return [`    ${head}>`, ...inside.map(line => `      ${line}`), '    </testcase>'].join('\n')
}

function result(verdict: Verdict): string[] {
  switch (verdict.verdict) {
    case 'pass':
      return []
    case 'unsupported':
    case 'skipped':
      return [`${element('skipped', { message: `${verdict.verdict}: ${verdict.because}` })}/>`]
    case 'fail':
    case 'inconclusive': {
      const tag = verdict.verdict === 'fail' ? 'failure' : 'error'
      const message = verdict.because || `expected ${verdict.expected}; actual ${verdict.actual}`
      return [`${element(tag, { message, type: verdict.verdict })}>${xml(details(verdict))}</${tag}>`]
    }
  }
}

function details(verdict: Verdict): string {
  const lines = [`expected: ${verdict.expected}`, `actual: ${verdict.actual}`]
  for (const check of verdict.checks) {
    if (check.result !== 'fail') continue
    lines.push(`check ${check.name}: expected ${check.expected}; actual ${check.actual}`)
    if (check.at !== undefined) lines.push(`  at ${formatNs(check.at)}`)
    if (check.packets !== undefined && check.packets.length > 0) lines.push(`  packets ${check.packets.join(' ')}`)
    if (check.likely !== undefined) lines.push(`  likely: ${check.likely}`)
  }
  lines.push(...(verdict.story ?? []), `reproduce: ${verdict.reproduce}`)
  return lines.join('\n')
}

function output(verdict: Verdict): string {
  const lines = [verdict.title, `seed ${verdict.seed}, world ${verdict.world}, ${verdict.virtual_s} s of its time`]
  if (verdict.trace_sha256 !== '') lines.push(`trace_sha256 ${verdict.trace_sha256}`)
  lines.push(...verdict.warnings.map(warning => `warning: ${warning}`))
  // Jenkins and GitLab attach what stands so.
  lines.push(...Object.values(verdict.artefacts).map(path => `[[ATTACHMENT|${path}]]`))
  return lines.join('\n')
}

function property(name: string, value: string): string {
  return `${element('property', { name, value })}/>`
}

function element(name: string, attributes: Readonly<Record<string, string>>): string {
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${xmlAttribute(value)}"`)
  return `<${name}${written.join('')}`
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3)
}
